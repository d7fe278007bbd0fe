import type { Finding } from "../../finding.ts";

export function describe(_finding: Finding): string {
  return "the kernel's own assertion failed";
}
