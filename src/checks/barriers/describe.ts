import type { Finding } from "../../finding.ts";

export function describe(finding: Finding): string {
  return `barrier reached by only some of the threads it waits for (${finding.class})`;
}
