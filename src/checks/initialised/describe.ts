import type { Finding } from "../../finding.ts";
import { whereText } from "../observed.ts";

export function describe(finding: Finding): string {
  return `read of ${whereText(finding)}, which nothing wrote`;
}
