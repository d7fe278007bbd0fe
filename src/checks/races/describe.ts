import type { Finding } from "../../finding.ts";
import { whereText } from "../observed.ts";

export function describe(finding: Finding): string {
  return `${finding.conflict} data race on ${whereText(finding)}${missingOrder(finding.message)}`;
}

/** The machine's message ends with what order is missing, after its last colon. */
function missingOrder(message: string): string {
  return /: [^:]+$/.exec(message)?.[0] ?? "";
}
