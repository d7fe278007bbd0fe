import type { Finding } from "../../finding.ts";

export function describe(_finding: Finding): string {
  return "every thread left waits and none can go on";
}
