import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { DTYPE_NAMES, encode } from "../../src/dtype.ts";
import { DEFAULT_LIMITS } from "../../src/launch.ts";
import type { NativeLaunch, NativeParameter } from "../../src/native/addon.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";
import type { Answer } from "./run-fixtures.ts";

const FOLDER = join(PACKAGE_ROOT, "test", "races");

const dim3 = z.tuple([z.int(), z.int(), z.int()]);

const paramSchema = z.union([
  z.strictObject({ name: z.string(), bytes: z.int().nonnegative(), initialised: z.boolean() }),
  z.strictObject({ name: z.string(), scalar: z.enum(DTYPE_NAMES), value: z.number() }),
]);

const headerSchema = z.strictObject({
  grid: dim3,
  block: dim3,
  sharedBytes: z.int().nonnegative(),
  cooperative: z.boolean().optional(),
  params: z.array(paramSchema),
  expect: z.array(
    z.strictObject({ check: z.string(), class: z.string(), severity: z.string(), lines: z.array(z.int()) }),
  ),
});

/** A PTX file with its launch and its truth in the comment on top. */
export interface RaceFixture {
  name: string;
  launch: NativeLaunch;
  expected: z.output<typeof headerSchema>["expect"];
}

type Expected = RaceFixture["expected"];

interface Verdict {
  refused: Answer["refused"];
  status: string | undefined;
  findings: Expected | undefined;
}

/** What an answer says, in the form of `expectedVerdict`. */
export function verdictOf({ refused, result }: Answer): Verdict {
  const findings = result?.findings.map(({ check, class: kind, severity, first, second }) => {
    const lines = [first, second].flatMap((site) => (site === undefined ? [] : [site.ptxLine]));
    return { check, class: kind, severity, lines: lines.sort((left, right) => left - right) };
  });
  return { refused, status: result?.status, findings: findings?.sort(byText) };
}

export function expectedVerdict(expected: Expected): Verdict {
  return { refused: undefined, status: expectedStatus(expected), findings: expected.toSorted(byText) };
}

/** Names without `-yes.ptx` and `-no.ptx`. */
export function fixturePairs(): string[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith("-yes.ptx"));
  return names.map((name) => name.replace(/-yes\.ptx$/, "")).sort();
}

export function raceFixtures(): RaceFixture[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".ptx"))
    .sort()
    .map(readFixture);
}

export function fixtureText(name: string): string {
  return readFileSync(join(FOLDER, name), "utf8");
}

function readFixture(name: string): RaceFixture {
  const ptx = fixtureText(name);
  const header = headerSchema.parse(JSON.parse(headerText(ptx)));
  const launch: NativeLaunch = {
    ptx,
    ptxName: name,
    entry: /\.entry\s+([\w$]+)/.exec(ptx)?.[1] ?? "",
    grid: header.grid,
    block: header.block,
    sharedBytes: header.sharedBytes,
    cooperative: header.cooperative ?? false,
    params: header.params.map(bind),
    limits: DEFAULT_LIMITS,
    seed: 0,
    threads: 1,
  };
  return { name, launch, expected: header.expect };
}

function byText(left: unknown, right: unknown): number {
  return JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
}

function expectedStatus(expected: Expected): string {
  if (expected.some(({ check }) => check === "deadlock")) return "deadlocked";
  return expected.some(({ severity }) => severity === "error") ? "failed" : "ok";
}

/** The comment lines after the first, which says that the file is a fixture. */
function headerText(ptx: string): string {
  const [, ...lines] = ptx.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ""))
    .join("\n");
}

function bind(param: z.output<typeof paramSchema>): NativeParameter {
  if ("scalar" in param) return { kind: "scalar", name: param.name, bytes: encode(param.scalar, [param.value]) };
  return { kind: "buffer", name: param.name, bytes: new Uint8Array(param.bytes), initialised: param.initialised };
}
