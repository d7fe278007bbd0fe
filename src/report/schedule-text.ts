import type { Finding } from "../finding.ts";
import type { CheckRow, Report } from "./documents.ts";

/** For what orders of its threads a launch's verdict holds; undefined where it was run once and holds for all. */
export function scopeText({ schedules }: Pick<Report, "schedules">): string | undefined {
  if (schedules === undefined) return undefined;
  const { count, scope } = schedules;
  const orders = count === 1 ? "the one order" : `the ${count} orders`;
  if (scope === "schedules-seen") return `verdict holds for ${orders} tried; --schedules N tries more`;
  return count === 1 ? undefined : `verdict holds for every order; ${count} were tried`;
}

/** Which outputs depend on the schedule; undefined where none was seen to. */
export function differenceText({ outputsDiffer }: Pick<Report, "outputsDiffer">): string | undefined {
  if (outputsDiffer === undefined) return undefined;
  return `${outputsDiffer.join(", ")}: bytes depend on the order; those of the first seed are reported`;
}

/** What the rows of a table hold for, line by line; nothing where they hold for every order and no output differs. */
export function rowNotes(rows: readonly CheckRow[]): string[] {
  const bound = rows.filter(({ schedules }) => schedules?.scope === "schedules-seen");
  const differing = rows.filter(({ outputsDiffer }) => outputsDiffer !== undefined);
  const [first] = bound;
  const notes = differing.map((row) => {
    return `  ${row.op}/${row.variant} ${row.target} ${row.workload}: ${row.outputsDiffer?.join(", ")}\n`;
  });
  return [
    ...(first === undefined ? [] : [`${bound.length} of ${rows.length} rows communicate: ${scopeText(first)}\n`]),
    ...(notes.length === 0 ? [] : [`outputs whose bytes depend on the order of the threads:\n${notes.join("")}`]),
  ];
}

/** In which schedules and passes a finding was seen; undefined where there was one. */
export function seenText({ seenInSchedules, firstSeed, pass }: Finding): string | undefined {
  const schedules =
    seenInSchedules === 1
      ? `in 1 schedule, seed ${firstSeed}`
      : `in ${seenInSchedules} schedules, first seed ${firstSeed}`;
  const parts = [
    ...(seenInSchedules === undefined ? [] : [schedules]),
    ...(pass === undefined ? [] : [pass === "both" ? "in both passes" : "in the unoptimised pass alone"]),
  ];
  return parts.length === 0 ? undefined : `seen ${parts.join("; ")}`;
}
