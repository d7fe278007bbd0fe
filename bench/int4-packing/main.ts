import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { tableText } from "../../src/report/table.ts";
import { measurePacking } from "./measure.ts";

const program = new Command("bench:packing")
  .description("Times packing, unpacking and quantising of an int4 head; prints, and writes nothing without --out.")
  .option("--vocab <N>", "rows of the head, a multiple of 64", wholeNumber, 262144)
  .option("--hidden <N>", "columns of the head, a multiple of 16", wholeNumber, 2560)
  .option("--repetitions <N>", "timed runs of each", wholeNumber, 3)
  .option("--out <FILE>", "write the samples as JSON too")
  .parse();

const { vocab, hidden, repetitions, out } = program.opts<{
  vocab: number;
  hidden: number;
  repetitions: number;
  out?: string;
}>();
const times = measurePacking({ vocab, hidden }, repetitions);
const [cpu] = cpus();
const rows = [
  ["pack", `[${vocab}, ${hidden}]`, times.pack],
  ["unpack", `[${vocab}, ${hidden}]`, times.unpack],
  ["quantise", `[${times.quantisedRows}, ${hidden}]`, times.quantise],
] as const;
process.stdout.write(`${cpu?.model}, one thread, Node ${process.version}, ${repetitions} repetitions, seconds\n`);
process.stdout.write(
  `${tableText(
    [
      ["", "head", "median", "samples"],
      ...rows.map(([name, head, samples]) => [name, head, median(samples), list(samples)]),
    ],
    ["left", "left", "right", "left"],
  )}\n`,
);
if (out !== undefined)
  writeFileSync(out, `${JSON.stringify({ cpu: cpu?.model, node: process.version, ...times }, null, 2)}\n`);

function median(samples: readonly number[]): string {
  const sorted = [...samples].sort((left, right) => left - right);
  return (sorted[Math.floor((sorted.length - 1) / 2)] as number).toFixed(2);
}

function list(samples: readonly number[]): string {
  return samples.map((seconds) => seconds.toFixed(2)).join(" ");
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("a whole number above 0 is needed");
}
