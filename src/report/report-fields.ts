import { sha256 } from "../canonical.ts";
import type { MergedVerdict } from "../checks/merge-verdicts.ts";
import { countFindings } from "../finding.ts";
import type { Observation } from "../observation.ts";
import type { Report } from "./documents.ts";

type ReportFields = Omit<Report, "schema" | "backend">;

/** The fields that a report and a row share: what was observed in the first schedule, as all of them were judged. */
export function reportFields(
  observation: Pick<Observation, "prints" | "instructions" | "laneOperations" | "wallSeconds" | "traffic" | "outputs">,
  { status, reason, findings, ...merged }: MergedVerdict,
): ReportFields {
  const { prints = [], instructions, laneOperations, wallSeconds, traffic } = observation;
  return {
    status,
    ...(reason === "" ? {} : { reason }),
    findings,
    counts: countFindings(findings),
    ...(prints.length === 0 ? {} : { prints }),
    ...definedOnly({ instructions, laneOperations, wallSeconds, traffic }),
    outputs: Object.fromEntries(
      Object.entries(observation.outputs).map(([name, bytes]) => [name, { sha256: sha256(bytes) }]),
    ),
    ...merged,
  };
}

/** Without the members that are undefined: what was not observed is absent. */
function definedOnly<T extends Record<string, unknown>>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
