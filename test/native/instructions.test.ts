import { beforeAll, describe, expect, it } from "vitest";
import { DTYPES } from "../../src/dtype.ts";
import { builds } from "./builds.ts";
import { type InstructionCase, instructionCases } from "./instruction-fixture.ts";
import { type Answer, runFixtures } from "./run-fixtures.ts";
import { ulpDistance } from "./ulp-distance.ts";

const cases = instructionCases();

describe.each(builds())("instructions, $name", (build) => {
  let answers: Map<string, Answer>;

  beforeAll(async () => {
    const given = await runFixtures(build, cases);
    answers = new Map(cases.map(({ name }, i) => [name, given[i] as Answer]));
  });

  it.each(cases)("$name", (instructionCase) => {
    const { refused, result, bytes } = answers.get(instructionCase.name) as Answer;
    expect(refused).toBeUndefined();
    expect(result).toMatchObject({ status: "ok", findings: [] });
    expect(differences(instructionCase, bytes ?? [])).toEqual([]);
  });
});

/** Elements farther from their expected bits than the tolerance. */
function differences({ outputs, ulp }: InstructionCase, after: readonly (string | undefined)[]): string[] {
  return outputs.flatMap(({ name, dtype, bytes, index }) => {
    const got = Uint8Array.from(Buffer.from(after[index] ?? "", "base64"));
    const size = DTYPES[dtype].bytes;
    const wrong: string[] = [];
    for (let element = 0; element < bytes.byteLength / size; element++) {
      const distance = ulpDistance(dtype, got, bytes, element);
      if (distance > BigInt(ulp))
        wrong.push(
          `${name}[${element}]: ${distance} ulp from ${hexAt(bytes, element, size)}, got ${hexAt(got, element, size)}`,
        );
    }
    return wrong;
  });
}

function hexAt(bytes: Uint8Array, element: number, size: number): string {
  return Buffer.from(bytes.subarray(element * size, (element + 1) * size).toReversed()).toString("hex");
}
