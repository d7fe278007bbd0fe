import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { NativeLaunch, NativeParameter } from "../../src/native/addon.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";

const FOLDER = join(PACKAGE_ROOT, "test", "fuzz-corpus");
const LIMITS = { instructions: 2000, seconds: 10, hostBytes: 2 ** 26 };
const MOST_ENTRIES = 4;

/** The first line of an input for native/fuzz/launch_fuzzer.cpp, see native/fuzz/launch_text.h. */
const HEADER = /^\/\/ launch grid (\d+) (\d+) (\d+) block (\d+) (\d+) (\d+) shared (\d+) seed (\d+) params ?(.*)\n/;

export interface CorpusLaunch {
  name: string;
  launch: NativeLaunch;
}

/** Every entry of the parser's inputs, without parameters, and the launches of the other fuzzer's. */
export function corpusLaunches(): CorpusLaunch[] {
  return [...texts("parse").flatMap(entriesOf), ...texts("launch").map(launchOf)];
}

export function corpusBytes(): number {
  return [...texts("parse"), ...texts("launch")].reduce((sum, { text }) => sum + text.length, 0);
}

/** Bytes as characters: the inputs need not be UTF-8. */
function texts(kind: string): { name: string; text: string }[] {
  return readdirSync(join(FOLDER, kind))
    .sort()
    .map((file) => ({ name: `${kind}/${file}`, text: readFileSync(join(FOLDER, kind, file), "latin1") }));
}

function entriesOf({ name, text }: { name: string; text: string }): CorpusLaunch[] {
  const entries = [...text.matchAll(/\.entry\s+([\w$%.]+)/g)].map(([, entry]) => entry as string);
  return ["", ...entries.slice(0, MOST_ENTRIES)].map((entry) => {
    return { name: `${name} ${entry}`, launch: launch(name, text, entry) };
  });
}

function launchOf({ name, text }: { name: string; text: string }): CorpusLaunch {
  const header = HEADER.exec(text);
  if (header === null) throw new Error(`${name} has no launch in its first line`);
  const [line, ...fields] = header;
  const [gx, gy, gz, bx, by, bz, sharedBytes, seed] = fields.slice(0, 8).map(Number) as Eight;
  const ptx = text.slice(line.length);
  const params = (fields[8] ?? "").split(" ").filter((word) => word !== "");
  const base = launch(name, ptx, /\.entry\s+([^\s({]+)/.exec(ptx)?.[1] ?? "");
  return {
    name,
    launch: { ...base, grid: [gx, gy, gz], block: [bx, by, bz], sharedBytes, seed, params: params.map(parameter) },
  };
}

type Eight = [number, number, number, number, number, number, number, number];

function launch(ptxName: string, ptx: string, entry: string): NativeLaunch {
  return {
    ptx,
    ptxName,
    entry,
    grid: [1, 1, 1],
    block: [32, 1, 1],
    sharedBytes: 0,
    cooperative: false,
    params: [],
    limits: LIMITS,
    seed: 0,
    threads: 1,
  };
}

function parameter(word: string, index: number): NativeParameter {
  const name = `p${index}`;
  const value = word.slice(1);
  if (word === "n") return { kind: "null", name };
  if (word.startsWith("s")) return { kind: "scalar", name, bytes: Uint8Array.from(Buffer.from(value, "hex")) };
  const bytes = new Uint8Array(Number(value));
  if (word.startsWith("r")) fill(bytes);
  return { kind: "buffer", name, bytes, initialised: !word.startsWith("u") };
}

/** The numbers of native/fuzz/launch_text.cpp. */
function fill(bytes: Uint8Array): void {
  let state = 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
}
