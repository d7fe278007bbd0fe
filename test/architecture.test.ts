import { readFileSync } from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKS } from "../src/checks/index.ts";
import { COMMANDS } from "../src/commands/index.ts";
import { PACKAGE_ROOT } from "../src/package-root.ts";
import { treePatterns } from "./architecture-tree.ts";
import { trackedFiles } from "./tracked-files.ts";

const files = trackedFiles();

function read(file: string): string {
  return readFileSync(join(PACKAGE_ROOT, file), "utf8");
}

describe("the tree of ARCHITECTURE.md", () => {
  const patterns = treePatterns(read("ARCHITECTURE.md"));

  it("has a place for every file", () => {
    expect(files.filter((file) => !patterns.some(({ matches }) => matches(file)))).toEqual([]);
  });

  it("names nothing that does not exist", () => {
    expect(patterns.filter(({ matches }) => !files.some(matches)).map(({ path }) => path)).toEqual([]);
  });
});

describe("source files", () => {
  const sources = files.filter((file) => /\.(ts|mjs|cjs|py|cpp|h|cu)$/.test(file));
  const sizes = sources.map((file) => ({ file, lines: read(file).split("\n").length - 1 }));

  it("have at most 400 lines", () => {
    expect(sizes.filter(({ lines }) => lines > 400)).toEqual([]);
  });

  it("have a median of at most 100 lines", () => {
    const sorted = sizes.map(({ lines }) => lines).sort((left, right) => left - right);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(100);
  });

  it("lie in no folder that says nothing", () => {
    expect(files.filter((file) => /(^|\/)(utils?|helpers?|common|misc)(\/|\.|$)/.test(file))).toEqual([]);
  });

  it("turn clang-format off only to turn it on again", () => {
    const unbalanced = sources.filter((file) => {
      const text = read(file);
      return text.split("clang-format off").length !== text.split("clang-format on").length;
    });
    expect(unbalanced.filter((file) => file !== "test/architecture.test.ts")).toEqual([]);
  });
});

describe("text files", () => {
  it("name no path of a machine and no package registry", () => {
    const forbidden = new RegExp(
      ["/wor" + "k/", "/tm" + "p/[a-z]", "/hom" + "e/", "/roo" + "t/", "registry\\.np" + "mjs", "pypi\\.or" + "g"].join(
        "|",
      ),
    );
    const texts = files.filter((file) => !/\.(bin|png)$/.test(file));
    expect(texts.filter((file) => forbidden.test(read(file)))).toEqual([]);
  });
});

/** What each folder of src/ may import from, besides itself; "" is src/ itself. */
const TYPESCRIPT_LAYERS: Record<string, readonly string[]> = {
  "": ["native"],
  native: [""],
  int4: [""],
  backends: ["", "native"],
  checks: [""],
  report: ["", "checks"],
  rows: ["", "backends", "checks", "report"],
  verbs: ["", "native", "int4", "backends", "checks", "report", "rows"],
  commands: ["", "int4", "backends", "report", "verbs"],
};

/** Entry points, which nobody imports. */
const ENTRIES: Record<string, readonly string[]> = {
  "src/cli.ts": ["", "commands", "report"],
  "src/index.ts": ["", "int4", "report", "verbs"],
};

/** What each folder of native/ may include, besides itself; "" is native/ itself. */
const NATIVE_LAYERS: Record<string, readonly string[]> = {
  "": [],
  ptx: [""],
  machine: ["", "ptx"],
  instructions: ["", "ptx", "machine"],
  observers: ["", "ptx", "machine"],
  interpreter: ["", "ptx", "machine", "instructions", "observers"],
  addon: ["", "ptx", "interpreter"],
  fuzz: ["", "ptx", "interpreter"],
};

describe("nothing points back", () => {
  it.each(files.filter((file) => /^src\/.*\.ts$/.test(file)))("%s", (file) => {
    const allowed = ENTRIES[file] ?? TYPESCRIPT_LAYERS[folderIn("src", file)];
    const imported = [...read(file).matchAll(/from "(\.[^"]+)"/g)].map(([, path]) => {
      return posix.join(dirname(file), path as string);
    });
    expect(imported.filter((target) => target in ENTRIES)).toEqual([]);
    expect(imported.filter((target) => !isAllowed("src", file, target, allowed))).toEqual([]);
  });

  it.each(files.filter((file) => /^native\/.*\.(cpp|h)$/.test(file)))("%s", (file) => {
    const allowed = NATIVE_LAYERS[folderIn("native", file)];
    const included = [...read(file).matchAll(/^#include "([^"]+)"/gm)].map(([, path]) => `native/${path}`);
    expect(included.filter((target) => !isAllowed("native", file, target, allowed))).toEqual([]);
  });

  it("lets bench/ use the records, the addon, the int4 format and the tables of src/, and nobody but its tests use bench/", () => {
    const imports = files
      .filter((file) => /^(src|test|scripts|bench)\/.*\.(ts|mjs)$/.test(file))
      .flatMap((file) =>
        [...read(file).matchAll(/from "(\.[^"]+)"/g)].map(([, path]) => ({
          file,
          target: posix.join(dirname(file), path as string),
        })),
      );
    const used = imports.filter(({ file, target }) => file.startsWith("bench/") && target.startsWith("src/"));
    expect(used.filter(({ target }) => !["", "native", "int4", "report"].includes(folderIn("src", target)))).toEqual(
      [],
    );
    const users = imports.filter(({ file, target }) => !file.startsWith("bench/") && target.startsWith("bench/"));
    expect([...new Set(users.map(({ file }) => file))].sort()).toEqual([
      "test/native/bench-machine.test.ts",
      "test/unit/int4/bench-packing.test.ts",
    ]);
  });

  it("keeps napi.h in native/addon", () => {
    const including = files.filter(
      (file) => /^native\/.*\.(cpp|h)$/.test(file) && /#include <napi\.h>/.test(read(file)),
    );
    expect(including.filter((file) => !file.startsWith("native/addon/"))).toEqual([]);
  });

  it.each(files.filter((file) => /^kernels\/decode_kernels\/\w+\/.*\.py$/.test(file)))("%s", (file) => {
    const own = file.split("/")[2];
    const others = kernelFolders().filter((name) => name !== own);
    expect(others.filter((name) => new RegExp(`decode_kernels\\.${name}|\\.\\.${name}`).test(read(file)))).toEqual([]);
  });
});

/** First folder below the root, "" for a file of the root itself. */
function folderIn(root: string, file: string): string {
  const [first = "", ...rest] = file.slice(root.length + 1).split("/");
  return rest.length === 0 ? "" : first;
}

function isAllowed(root: string, file: string, target: string, allowed: readonly string[] | undefined): boolean {
  const folder = folderIn(root, target);
  return folder === folderIn(root, file) || allowed?.includes(folder) === true;
}

function kernelFolders(): string[] {
  const definitions = files.filter((file) => /^kernels\/decode_kernels\/\w+\/definition\.json$/.test(file));
  return definitions.map((file) => basename(dirname(file)));
}

describe.each(kernelFolders())("kernel folder %s", (name) => {
  const folder = `kernels/decode_kernels/${name}`;

  it("has a reference in both languages and an operator", () => {
    const needed = ["reference.ts", "reference.py", "ops.py"].map((file) => `${folder}/${file}`);
    expect(needed.filter((file) => !files.includes(file))).toEqual([]);
  });

  it("has an artifact for each variant, specialisation and target, and no other", () => {
    const { variants } = JSON.parse(read(`${folder}/definition.json`));
    const wanted = Object.entries(variants as Record<string, Compiled>).flatMap(([variant, compiled]) =>
      artifactsOf(`${folder}/artifacts`, variant, compiled),
    );
    expect(files.filter((file) => file.startsWith(`${folder}/artifacts/`)).sort()).toEqual(wanted.sort());
  });

  it("has two sides of each exhibit that differ in one line, with their artifacts", () => {
    const exhibits = files.filter((file) => file.startsWith(`${folder}/exhibits/`) && file.endsWith("/exhibit.json"));
    expect(exhibits.length).toBeGreaterThan(0);
    for (const exhibit of exhibits) {
      const { variant } = JSON.parse(read(exhibit));
      const wanted = ["broken", "twin"].flatMap((side) => artifactsOf(`${dirname(exhibit)}/artifacts`, side, variant));
      const present = files.filter((file) => file.startsWith(`${dirname(exhibit)}/artifacts/`));
      expect(present.sort(), exhibit).toEqual(wanted.sort());
    }
  });
});

interface Compiled {
  targets: string[];
  specialisations: { name: string }[];
  stages?: { name: string }[];
}

function artifactsOf(folder: string, variant: string, { targets, specialisations, stages }: Compiled): string[] {
  const launches = stages?.map((stage) => `${variant}-${stage.name}`) ?? [variant];
  return specialisations.flatMap(({ name }) =>
    targets.flatMap((target) =>
      launches.flatMap((launch) =>
        ["ptx", "json"].map((extension) => `${folder}/${launch}.${name}.${target}.${extension}`),
      ),
    ),
  );
}

describe("lists", () => {
  it("have every check folder registered, with what judges and what describes", () => {
    const folders = new Set(files.filter((file) => /^src\/checks\/\w+\//.test(file)).map((file) => file.split("/")[2]));
    expect(CHECKS.map(({ name }) => name).sort()).toEqual([...folders].sort());
    const roles = [...folders].flatMap((name) => [`src/checks/${name}/judge.ts`, `src/checks/${name}/describe.ts`]);
    expect(roles.filter((file) => !files.includes(file))).toEqual([]);
  });

  it("have every command registered", () => {
    const commandFiles = files.filter((file) => /^src\/commands\/(?!index|shell)\w+\.ts$/.test(file));
    const names = COMMANDS.map((command) => command(() => {}).name());
    expect(commandFiles.map((file) => basename(file, ".ts")).sort()).toEqual(names.sort());
  });

  it("have a test of every instruction of instructions.def", () => {
    const listed = [...read("native/instructions/instructions.def").matchAll(/^INSTRUCTION\("([\w.]+)"/gm)].map(
      ([, mnemonic]) => mnemonic as string,
    );
    const fixtures = files.filter((file) => /^test\/(instructions|races)\/.*\.ptx$|^test\/e2e\/.*\.ts$/.test(file));
    const text = fixtures.map(read).join("\n");
    const tested = (mnemonic: string) =>
      new RegExp(`(^|[\\s"])${mnemonic.replaceAll(".", "\\.")}[.\\s;]`, "m").test(text);
    expect(listed.length).toBeGreaterThan(0);
    expect([...new Set(listed)].filter((mnemonic) => !tested(mnemonic))).toEqual([]);
  });
});
