import type { Finding } from "../../finding.ts";

const TITLES: Record<string, (buffer: string) => string> = {
  "over-floor": (buffer) => `more of \`${buffer}\` is loaded than its limit allows`,
  "bank-conflicts": () => "more bank conflicts than the limit allows",
};

export function describe(finding: Finding): string {
  return TITLES[finding.class]?.(finding.buffer) ?? finding.class;
}
