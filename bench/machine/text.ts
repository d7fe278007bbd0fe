import { tableText } from "../../src/report/table.ts";
import type { BenchDocument } from "./document.ts";
import type { Head } from "./int4-head.ts";
import type { LoopCost } from "./loop-costs.ts";
import { type Ratio, STEADY_SPREAD, type Summary, spread } from "./measure.ts";
import type { SideBySide } from "./side-by-side.ts";

/** The document as Markdown of at most 100 columns. */
export function documentText(document: BenchDocument): string {
  const { loops, sideBySide, int4Head } = document;
  return [
    heading(document),
    ...(loops === undefined ? [] : [ratesText(loops), costText(loops), scalingText(loops)]),
    ...(sideBySide === undefined ? [] : [sideBySideText(sideBySide)]),
    ...(int4Head === undefined ? [] : [headText(int4Head)]),
  ].join("\n");
}

function heading({ date, conditions, warmups, repetitions }: BenchDocument): string {
  const { cpu, cores, level, memoryBytes, node, compiler, commit, modified, loadAverage } = conditions;
  return `# The machine's speed, ${date}

${cpu}, ${cores} cores, ${level}, ${gib(memoryBytes)}. Node ${node}, ${compiler}.
Commit ${commit.slice(0, 12)}${modified ? " with changes" : ""}. Load before the run: ${loadAverage.map((load) => load.toFixed(2)).join(", ")}.

Medians of ${repetitions} runs after ${warmups} to warm up, all cases of a table in turn; a percentage is the
interquartile range over the median. \`?\` marks a ratio one of whose sides spread by more than ${STEADY_SPREAD * 100} %.
Outputs are compared after every run of a loop and after the last run of a kernel; each observer was
seen to tell of a wrong kernel.
`;
}

function ratesText(loops: readonly LoopCost[]): string {
  const shown = ["none", "all", "none, 2 threads", "all, 2 threads"] as const;
  const rows = loops.map((loop) => {
    if ("refused" in loop) return [loop.name, "refused"];
    return [
      loop.name,
      ...shown.flatMap((name) => [giga(loop.laneOperationsPerSecond[name]), percent(loop.seconds[name])]),
    ];
  });
  const header = ["loop", ...shown.flatMap((name) => [name, "IQR"])];
  return section(
    "Lane-operations per second, in 10^9, by who observes (one thread: per core)",
    [header, ...rows],
    "lrrrrrrrr",
    refusals(loops),
  );
}

function costText(loops: readonly LoopCost[]): string {
  const shown = ["races", "initialised and bounds", "traffic", "all"] as const;
  const rows = measured(loops).map(({ name, cost }) => [name, ...shown.map((observer) => times(cost[observer]))]);
  return section("Cost of the observers: seconds to those without", [["loop", ...shown], ...rows], "lrrrr");
}

function scalingText(loops: readonly LoopCost[]): string {
  const rows = measured(loops).map(({ name, scaling }) => [name, times(scaling.none), times(scaling.all)]);
  return section("From one worker thread to two", [["loop", "none", "all"], ...rows], "lrr");
}

function sideBySideText(sideBySide: SideBySide): string {
  const title = "Triton's interpreter and the machine with all observers, in seconds";
  if ("missing" in sideBySide) return `## ${title}\n\nNot measured: ${sideBySide.missing}.\n`;
  const { versions, kernels, geometricMeans } = sideBySide;
  const rows = kernels.map((kernel) => {
    if ("refused" in kernel) return [kernel.name, "refused"];
    return [
      kernel.name,
      seconds(kernel.interpreterSeconds),
      seconds(kernel.oneThreadSeconds),
      times(kernel.oneThread),
      seconds(kernel.twoThreadSeconds),
      times(kernel.twoThreads),
    ];
  });
  const header = ["kernel", "interpreter", "1 thread", "faster by", "2 threads", "faster by"];
  const means = [
    ["without tl.dot", geometricMeans.withoutDot],
    ["with tl.dot", geometricMeans.withDot],
  ] as const;
  const notes = means.map(([name, mean]) => {
    if (mean === null) return `Geometric mean ${name}: none ran.`;
    return `Geometric mean ${name}, ${mean.kernels} kernels: ${mean.oneThread.toFixed(1)}x on one thread, ${mean.twoThreads.toFixed(1)}x on two.`;
  });
  const { python, triton, torch } = versions;
  const about = `Triton ${triton} with TRITON_INTERPRET=1, torch ${torch} on the CPU, Python ${python}; PTX for sm_80.`;
  return section(title, [header, ...rows], "lrrrrr", [...notes, ...refusals(kernels), about]);
}

function headText(head: Head): string {
  const { rows, columns, weightBytes, threads, laneOperations, peakResidentBytes, residentBytesBefore } = head;
  return `## int4 GEMV of a ${rows} x ${columns} head, one token, all observers, ${threads} threads

${seconds(head.seconds)} s (${percent(head.seconds)}), ${giga(laneOperations / head.seconds.median)} G lane-operations per second. Peak resident set ${gib(peakResidentBytes)},
of which ${gib(residentBytesBefore)} before the run (weights: ${gib(weightBytes)}). ${head.rowsCompared} rows against float64: largest error
${head.largestError.toExponential(1)} of the sum of magnitudes.
`;
}

function measured(loops: readonly LoopCost[]) {
  return loops.flatMap((loop) => ("refused" in loop ? [] : [loop]));
}

function refusals(rows: readonly ({ name: string; refused: string } | { name: string })[]): string[] {
  return rows.flatMap((row) => ("refused" in row ? [`Refused, ${row.name}: ${row.refused}.`] : []));
}

function section(title: string, rows: string[][], alignment: string, notes: readonly string[] = []): string {
  const sides = [...alignment].map((side) => (side === "l" ? "left" : "right"));
  const lines = notes.map((note) => `${note}\n`);
  return [
    `## ${title}\n`,
    "```",
    tableText(rows, sides),
    "```\n",
    ...(lines.length === 0 ? [] : [lines.join("\n")]),
  ].join("\n");
}

function times({ value, steady }: Ratio): string {
  return `${value.toFixed(value < 10 ? 2 : 1)}x${steady ? "" : "?"}`;
}

function giga(perSecond: number): string {
  return (perSecond / 1e9).toFixed(3);
}

function percent(summary: Summary): string {
  return `${(100 * spread(summary)).toFixed(0)} %`;
}

function seconds({ median }: Summary): string {
  return median.toPrecision(3);
}

function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
