import { type Finding, isError, type Site } from "../finding.ts";

/** What one schedule of a launch showed. */
export interface ScheduleFindings {
  seed: number;
  findings: readonly Finding[];
}

/**
 * The findings of several schedules of the same code: those of one check at the same pair of PTX lines are one. It keeps
 * the gravest example, of equals the first; its count is the largest of any one schedule.
 */
export function mergeSchedules(schedules: readonly ScheduleFindings[]): Finding[] {
  const [first] = schedules;
  if (first === undefined) return [];
  if (schedules.length === 1) return [...first.findings];
  const merged = new Map<string, Finding & { seenInSchedules: number; firstSeed: number }>();
  for (const { seed, findings } of schedules) {
    for (const [key, finding] of keyed(findings)) {
      const known = merged.get(key);
      if (known === undefined) merged.set(key, { ...finding, seenInSchedules: 1, firstSeed: seed });
      else {
        const { firstSeed, seenInSchedules } = known;
        const count = Math.max(known.count, finding.count);
        const example = gravity(finding) > gravity(known) ? finding : known;
        merged.set(key, { ...example, count, seenInSchedules: seenInSchedules + 1, firstSeed });
      }
    }
  }
  return errorsFirst([...merged.values()]);
}

/**
 * The findings of two passes over one source, compiled with and without optimisation: those of one check and severity at
 * the same pair of source lines are one, with the example and the count of the optimised pass.
 */
export function mergePasses(optimised: readonly Finding[], unoptimised: readonly Finding[]): Finding[] {
  const shown = new Set(optimised.map(sourceKey));
  const shownToo = new Set(unoptimised.map(sourceKey));
  shownToo.delete(undefined);
  const merged: Finding[] = optimised.map((finding) =>
    shownToo.has(sourceKey(finding)) ? { ...finding, pass: "both" } : finding,
  );
  for (const finding of unoptimised) {
    const key = sourceKey(finding);
    if (key === undefined || !shown.has(key)) merged.push({ ...finding, pass: "unoptimised" });
  }
  return unoptimised.length === 0 ? merged : errorsFirst(merged);
}

/** Each finding with what names it within its run; two of one run never share a key. */
function keyed(findings: readonly Finding[]): [string, Finding][] {
  const times = new Map<string, number>();
  return findings.map((finding) => {
    const { check, class: kind, buffer, first, second } = finding;
    const place = first === undefined ? [kind, buffer] : [first.ptxLine, second?.ptxLine ?? 0];
    const key = [check, ...place].join(" ");
    const earlier = times.get(key) ?? 0;
    times.set(key, earlier + 1);
    return [`${key} ${earlier}`, finding];
  });
}

/** What makes two findings of one kernel's launches the same: the check, the buffer and the PTX lines. */
export function sitesOf({ check, class: kind, severity, buffer, first, second }: Finding): string {
  return [check, kind, severity, buffer, first?.ptxLine ?? 0, second?.ptxLine ?? 0].join(" ");
}

/** Undefined where a site has no source line, since PTX lines say nothing about another file's. */
function sourceKey({ check, severity, first, second }: Finding): string | undefined {
  const sites = [first, second].filter((site): site is Site => site !== undefined);
  if (sites.length === 0 || sites.some(({ file }) => file === "")) return undefined;
  return [check, severity, ...sites.map(({ file, line }) => `${file}:${line}`).sort()].join(" ");
}

const SEVERITIES = ["note", "warning", "error"];

function gravity({ severity }: Finding): number {
  return SEVERITIES.indexOf(severity);
}

function errorsFirst(findings: readonly Finding[]): Finding[] {
  return [...findings.filter(isError), ...findings.filter((finding) => !isError(finding))];
}
