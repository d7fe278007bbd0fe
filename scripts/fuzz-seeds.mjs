// Writes every entry of the fixtures, examples and artifacts as a seed of its own: FOLDER/parse and FOLDER/launch.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const folder = process.argv[2];

for (const kind of ["parse", "launch"]) mkdirSync(join(folder, kind), { recursive: true });
for (const root of ["test/races", "test/instructions", "examples", "kernels"]) {
  for (const file of readdirSync(root, { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".ptx")) writeSeeds(join(root, file));
  }
}

function writeSeeds(file) {
  const text = readFileSync(file, "utf8");
  const entries = text.match(/^(\.visible )?\.entry[\s\S]*?^}/gm) ?? [];
  const head = text.slice(0, text.indexOf(entries[0]));
  for (const [index, entry] of entries.entries()) {
    const name = `${basename(file, ".ptx")}-${index}.ptx`;
    const bare = withShortNames(withoutDebugging(`${head}${entry}\n`));
    writeFileSync(join(folder, "parse", name), index === 0 ? text : bare);
    writeFileSync(
      join(folder, "launch", name),
      `${launchHeader(text, entry, file.startsWith("kernels") ? "r4096" : "r1024")}\n${bare}`,
    );
  }
}

/** Shorter texts are changed where it matters more often. */
function withoutDebugging(text) {
  const kept = text.split("\n").filter((line) => !/^\s*(\/\/|\.loc\b|\.file\b|$)/.test(line));
  return `${kept.map((line) => line.trim()).join("\n")}\n`;
}

function withShortNames(text) {
  const entry = /\.entry\s+([\w$]+)/.exec(text)?.[1];
  return text.replaceAll(`${entry}_param_`, "p").replaceAll(entry, "k");
}

/** The first line of native/fuzz/launch_text.h; a race fixture tells its launch, the others get a plain one. */
function launchHeader(text, entry, pointer) {
  const fixture = fixtureHeader(text);
  const block = /\.reqntid (\d+)/.exec(entry)?.[1] ?? "32";
  const grid = fixture?.grid ?? [1, 1, 1];
  const shared = fixture?.sharedBytes ?? (/\.extern \.shared/.test(text) ? 16384 : 0);
  const params = fixture?.params.map(fixtureParameter) ?? declaredParameters(entry, pointer);
  const shape = `grid ${grid.join(" ")} block ${(fixture?.block ?? [block, 1, 1]).join(" ")}`;
  return `// launch ${shape} shared ${shared} seed 0 params ${params.join(" ")}`.trimEnd();
}

function fixtureHeader(text) {
  if (!text.startsWith("// decode-lab fixture")) return undefined;
  const lines = text.split("\n").slice(1);
  const comment = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith("//")),
  );
  return JSON.parse(comment.map((line) => line.slice(2)).join("\n"));
}

function fixtureParameter({ bytes, initialised, scalar, value }) {
  if (bytes !== undefined) return `${initialised ? "r" : "u"}${Math.min(bytes, 65536)}`;
  const size = /(\d+)/.exec(scalar)[1] / 8;
  const integer = scalar.startsWith("f") || scalar.startsWith("b") ? 0 : value;
  return scalarText(size, integer);
}

function declaredParameters(entry, pointer) {
  const list = entry.slice(0, entry.indexOf("{"));
  return [...list.matchAll(/\.param[^,)]*?\.[a-z]*?(\d+)\s(?:[^,)]*?)(?:\[(\d+)\])?\s*[,)\n]/g)].map(
    ([, bits, count]) => {
      return bits === "64" && count === undefined ? pointer : scalarText((bits / 8) * (count ?? 1), 2);
    },
  );
}

function scalarText(size, value) {
  const bytes = Buffer.alloc(Math.max(size, 8));
  bytes.writeBigInt64LE(BigInt(value));
  return `s${bytes.subarray(0, size).toString("hex")}`;
}
