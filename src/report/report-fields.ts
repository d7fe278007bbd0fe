import { sha256 } from "../canonical.ts";
import { countFindings, type Finding } from "../finding.ts";
import type { Observation, Status } from "../observation.ts";
import type { Report } from "./documents.ts";

type ReportFields = Omit<Report, "schema" | "backend">;

/** The fields that a report and a row share: what was observed, as judged. */
export function reportFields(
  observation: Pick<Observation, "reason" | "instructions" | "laneOperations" | "wallSeconds" | "traffic" | "outputs">,
  verdict: { status: Status; findings: Finding[] },
): ReportFields {
  const { reason, instructions, laneOperations, wallSeconds, traffic } = observation;
  return {
    status: verdict.status,
    ...(reason === "" ? {} : { reason }),
    findings: verdict.findings,
    counts: countFindings(verdict.findings),
    ...definedOnly({ instructions, laneOperations, wallSeconds, traffic }),
    outputs: Object.fromEntries(
      Object.entries(observation.outputs).map(([name, bytes]) => [name, { sha256: sha256(bytes) }]),
    ),
  };
}

/** Without the members that are undefined: what was not observed is absent. */
function definedOnly<T extends Record<string, unknown>>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
