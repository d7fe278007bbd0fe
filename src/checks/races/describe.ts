import type { Finding } from "../../finding.ts";
import { whereText } from "../observed.ts";

export function describe(finding: Finding): string {
  return `${finding.conflict} data race on ${whereText(finding)}`;
}
