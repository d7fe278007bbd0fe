import type { Finding } from "../../finding.ts";
import { whereText } from "../observed.ts";

export function describe(finding: Finding): string {
  return `misaligned access of ${finding.bytes} bytes at ${whereText(finding)}`;
}
