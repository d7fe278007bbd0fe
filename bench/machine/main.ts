import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { PACKAGE_ROOT } from "../../src/package-root.ts";
import { conditions } from "./conditions.ts";
import { runControl } from "./control.ts";
import { type BenchDocument, documentSchema } from "./document.ts";
import { measureHead } from "./int4-head.ts";
import { measureLoops } from "./loop-costs.ts";
import { measureSideBySide } from "./side-by-side.ts";
import { documentText } from "./text.ts";

const SECTIONS = ["loops", "interpreter", "head"] as const;
type Section = (typeof SECTIONS)[number];

const LEAST_REPETITIONS = 5;

const program = new Command("bench:machine")
  .description("Measures the PTX machine; writes bench/results/machine-<date>.{json,md}.")
  .option("--python <file>", "interpreter with torch and Triton", join(PACKAGE_ROOT, ".venv", "bin", "python"))
  .option("--repetitions <count>", `timed runs of each case, at least ${LEAST_REPETITIONS}`, repetitionCount, 5)
  .addOption(new Option("--only <section>", "print one section and write nothing").choices(SECTIONS))
  .parse();

const options = program.opts<{ python: string; repetitions: number; only?: Section }>();
const document = await measure();
const text = documentText(document);
process.stdout.write(`\n${text}`);
if (options.only === undefined) write(document, text);

async function measure(): Promise<BenchDocument> {
  const before = conditions();
  const counts = { warmups: 1, repetitions: options.repetitions };
  const control = await runControl();
  const wants = (section: Section) => options.only === undefined || options.only === section;
  // The head first: its peak of resident memory is that of the process so far.
  if (wants("head")) note("int4 head");
  const int4Head = wants("head") ? { int4Head: await measureHead(counts) } : {};
  const loops = wants("loops") ? { loops: await measureLoops(counts, undefined, note) } : {};
  const sideBySide = wants("interpreter") ? { sideBySide: await measureSideBySide(options.python, counts, note) } : {};
  return documentSchema.parse({
    schema: "decode-lab/bench-machine@1",
    date: new Date().toISOString().slice(0, 10),
    conditions: before,
    ...counts,
    control,
    ...loops,
    ...sideBySide,
    ...int4Head,
  });
}

function write(document: BenchDocument, text: string): void {
  const folder = join(PACKAGE_ROOT, "bench", "results");
  mkdirSync(folder, { recursive: true });
  const base = join(folder, `machine-${document.date}`);
  writeFileSync(`${base}.json`, `${JSON.stringify(document, null, 2)}\n`);
  writeFileSync(`${base}.md`, text);
}

function note(name: string): void {
  process.stderr.write(`${name}\n`);
}

function repetitionCount(given: string): number {
  const count = Number(given);
  if (Number.isInteger(count) && count >= LEAST_REPETITIONS) return count;
  throw new InvalidArgumentError(`a whole number of at least ${LEAST_REPETITIONS}.`);
}
