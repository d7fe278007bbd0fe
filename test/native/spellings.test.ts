import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { builds } from "./builds.ts";
import { INSTRUCTION_FOLDER, type InstructionCase, instructionCases } from "./instruction-fixture.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";

/** Opcodes with all their modifiers, as compilers write them. */
const spellings = readFileSync(join(INSTRUCTION_FOLDER, "spellings.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

const cases = instructionCases();
const casesByOpcode = groupByOpcode();

/** Every spelling stands in a fixture, whose values instructions.test.ts compares, and no machine refuses it. */
describe.each(builds().slice(0, 1))("opcodes as compilers write them, $name", (build) => {
  let refusals: Map<InstructionCase, Answer["refused"]>;

  beforeAll(async () => {
    const needed = [...new Set(spellings.flatMap((spelling) => casesByOpcode.get(spelling) ?? []))];
    const answers = await runFixtures(build, needed);
    refusals = new Map(needed.map((needing, i) => [needing, answers[i]?.refused]));
  });

  it.each(spellings)("%s", (spelling) => {
    const fixture = casesByOpcode.get(spelling);
    expect(fixture?.name, "no fixture in test/instructions has it").toBeDefined();
    expect(refusals.get(fixture as InstructionCase)).toBeUndefined();
  });
});

/** The first case that runs each opcode: in its entry, or in a function of its module. */
function groupByOpcode(): Map<string, InstructionCase> {
  const found = new Map<string, InstructionCase>();
  for (const instructionCase of cases) {
    const { ptx, entry } = instructionCase.launch;
    for (const opcode of opcodesOf(ptx, entry)) if (!found.has(opcode)) found.set(opcode, instructionCase);
  }
  return found;
}

function opcodesOf(ptx: string, entry: string): string[] {
  const functions = ptx.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "").split(/^(?=\s*(?:\.\w+\s+)*\.(?:entry|func)\b)/m);
  const run = functions.filter((text) => !/\.entry\b/.test(text) || new RegExp(`\\.entry\\s+${entry}\\b`).test(text));
  const opcode = /(?:[;{}\n]|\w:)\s*(?:@!?%?[\w$]+\s+)?([a-z][\w.:]*)(?=[\s;])/g;
  return run.flatMap((text) => [...text.matchAll(opcode)].map(([, name]) => name as string));
}
