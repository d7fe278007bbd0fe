import type { Finding } from "../../finding.ts";

const TITLES: Record<string, string> = {
  "divergent-barrier": "barrier reached by only some of the threads it waits for",
  "lane-not-in-mask": "lane executes a warp-wide operation whose membermask does not name it",
  "barrier-reused-early": "arrival that nothing orders after the barrier's last completion",
  "mixed-barrier-forms": "reduction at a barrier that others use for another",
};

export function describe(finding: Finding): string {
  return TITLES[finding.class] ?? finding.class;
}
