import type { Finding } from "../finding.ts";
import type { Status } from "../observation.ts";
import { mergePasses, mergeSchedules } from "./merge-findings.ts";

/** The verdict on one schedule of a launch. */
export interface ScheduleVerdict {
  seed: number;
  status: Status;
  /** Why the run ended early; "" if it did not. */
  reason: string;
  findings: readonly Finding[];
  /** Whether it holds for this order of threads alone. */
  ordered: boolean;
  /** Name to SHA-256. */
  outputs: Record<string, string>;
}

export interface MergedVerdict {
  status: Status;
  reason: string;
  findings: Finding[];
  schedules: { count: number; scope: "every-schedule" | "schedules-seen" };
  outputsDiffer?: string[];
  passStatus?: { optimised: Status; unoptimised: Status };
}

/** One verdict on every schedule, and on both passes where code without optimisation ran too: the worst status wins. */
export function mergeVerdicts(
  optimised: readonly ScheduleVerdict[],
  unoptimised: readonly ScheduleVerdict[] = [],
): MergedVerdict {
  const all = [...optimised, ...unoptimised];
  const worst = worstOf(all);
  const differing = differingOutputs(optimised);
  return {
    status: worst.status,
    reason: reasonOf(worst, optimised, unoptimised),
    findings: mergePasses(mergeSchedules(optimised), mergeSchedules(unoptimised)),
    schedules: {
      count: optimised.length,
      scope: all.some(({ ordered }) => ordered) ? "schedules-seen" : "every-schedule",
    },
    ...(differing.length > 0 && { outputsDiffer: differing }),
    ...(unoptimised.length > 0 && {
      passStatus: { optimised: worstOf(optimised).status, unoptimised: worstOf(unoptimised).status },
    }),
  };
}

/** From good to bad; a run that ended early has not been judged to its end. */
const RANKING: readonly Status[] = ["ok", "failed", "timed-out", "deadlocked", "trapped"];

/** The worse of two. */
export function severest(left: Status, right: Status): Status {
  return RANKING.indexOf(right) > RANKING.indexOf(left) ? right : left;
}

/** The first of the worst. */
function worstOf(verdicts: readonly ScheduleVerdict[]): ScheduleVerdict {
  return verdicts.reduce((worst, verdict) =>
    RANKING.indexOf(verdict.status) > RANKING.indexOf(worst.status) ? verdict : worst,
  );
}

/** The reason, and where it came from if there is a choice. */
function reasonOf(
  worst: ScheduleVerdict,
  optimised: readonly ScheduleVerdict[],
  unoptimised: readonly ScheduleVerdict[],
): string {
  if (worst.reason === "") return "";
  const origin = [
    ...(optimised.length > 1 ? [`seed ${worst.seed}`] : []),
    ...(unoptimised.includes(worst) ? ["unoptimised pass"] : []),
  ];
  return origin.length === 0 ? worst.reason : `${worst.reason} (${origin.join(", ")})`;
}

/** Outputs whose bytes are not the same in all the schedules that ran to their end. */
function differingOutputs(verdicts: readonly ScheduleVerdict[]): string[] {
  const ended = verdicts.filter(({ status }) => status === "ok" || status === "failed");
  const names = new Set(ended.flatMap(({ outputs }) => Object.keys(outputs)));
  return [...names].filter((name) => ended.some(({ outputs }) => outputs[name] !== ended[0]?.outputs[name]));
}
