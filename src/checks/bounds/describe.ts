import type { Finding } from "../../finding.ts";
import { whereText } from "../observed.ts";

export function describe(finding: Finding): string {
  return `access out of bounds: ${whereText(finding)}`;
}
