import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../src/package-root.ts";
import { trackedFiles } from "../tracked-files.ts";

const FILE = join(PACKAGE_ROOT, "docs", "machine.md");
const [BEGIN, END] = ["<!-- instructions: written by npm run golden:update -->\n", "<!-- end of instructions -->\n"];

/** One source file below native/instructions: what it decodes, and what its head says. */
interface SourceHead {
  file: string;
  mnemonics: string[];
  syntax: string;
  paragraphs: string;
  remarks: string;
}

it("lists in docs/machine.md the instructions of instructions.def with the heads of their files", async () => {
  const text = readFileSync(FILE, "utf8");
  const [before, rest] = text.split(BEGIN);
  const [, after] = rest?.split(END) ?? [];
  expect(after, "the marks of the generated part").toBeDefined();
  await expect(`${before}${BEGIN}\n${chapters()}\n${END}${after}`).toMatchFileSnapshot(FILE);
});

function chapters(): string {
  const heads = sourceHeads();
  const folders = [...new Set(heads.map(({ file }) => dirname(file)))].sort();
  return folders
    .map((folder) => {
      const rows = heads.filter(({ file }) => dirname(file) === folder).map(tableRow);
      const title = basename(folder).replaceAll("_", " ");
      return [
        `### ${title}\n`,
        "| mnemonics | syntax | PTX ISA 9.0 | remarks |",
        "|---|---|---|---|",
        ...rows,
        "",
      ].join("\n");
    })
    .join("\n");
}

function tableRow({ file, mnemonics, syntax, paragraphs, remarks }: SourceHead): string {
  const names = mnemonics.map((name) => `\`${name}\``).join(" ");
  const cells = [`[${names}](../${file})`, `\`${syntax}\``, paragraphs, remarks];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Of every file that decodes a row of instructions.def, in the order of the rows. */
function sourceHeads(): SourceHead[] {
  const sources = trackedFiles()
    .filter((file) => /^native\/instructions\/.+\.cpp$/.test(file))
    .map((file) => ({ file, text: readFileSync(join(PACKAGE_ROOT, file), "utf8") }));
  const list = readFileSync(join(PACKAGE_ROOT, "native", "instructions", "instructions.def"), "utf8");
  const heads = new Map<string, SourceHead>();
  for (const [, mnemonic = "", decoder] of list.matchAll(/^INSTRUCTION\("([\w.]+)", \w+, (\w+)\)/gm)) {
    const source = sources.find(({ text }) => text.includes(`void decode_${decoder}(Decoding& decoding)`));
    if (source === undefined) throw new Error(`no file below native/instructions defines decode_${decoder}`);
    const head = heads.get(source.file) ?? { file: source.file, mnemonics: [], ...headOf(source.file, source.text) };
    if (!head.mnemonics.includes(mnemonic)) head.mnemonics.push(mnemonic);
    heads.set(source.file, head);
  }
  return [...heads.values()];
}

/** `// syntax   (PTX ISA paragraphs). remarks`, over as many lines as it takes. */
function headOf(file: string, text: string): Pick<SourceHead, "syntax" | "paragraphs" | "remarks"> {
  const lines = text.split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  const head = lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, "").trim())
    .join(" ");
  const parts = /^(.+?)\s*\(PTX ISA ([^)]+)\)\.?\s*(.*)$/.exec(head);
  if (parts === null) throw new Error(`the head of ${file} is not "syntax (PTX ISA paragraphs). remarks"`);
  const [, syntax = "", paragraphs = "", remarks = ""] = parts;
  return { syntax, paragraphs, remarks };
}
