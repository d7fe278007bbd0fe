import { describe, expect, it } from "vitest";
import { mergePasses, mergeSchedules } from "../../src/checks/merge-findings.ts";
import type { Finding, Site } from "../../src/finding.ts";

function site(ptxLine: number, line = 0): Site {
  const file = line === 0 ? "" : "k.cu";
  return { cta: [0, 0, 0], thread: [0, 0, 0], instruction: "st.global.b32", file, line, ptxLine };
}

function race(fields: Partial<Finding>): Finding {
  return {
    check: "races",
    class: "intra-warp",
    severity: "error",
    conflict: "write-read",
    space: "global",
    buffer: "y",
    byteOffset: 0,
    bytes: 4,
    count: 1,
    first: site(10),
    second: site(20),
    message: "",
    ...fields,
  };
}

const schedules = (...runs: Finding[][]) => runs.map((findings, i) => ({ seed: 5 + i, findings }));

describe("the findings of several schedules", () => {
  it("are those of the one there is, unchanged", () => {
    const findings = [race({ severity: "warning" }), race({ first: site(1) })];
    expect(mergeSchedules(schedules(findings))).toEqual(findings);
  });

  it("are one where the check and both lines are the same, with the largest count", () => {
    const merged = mergeSchedules(schedules([], [race({ count: 3 })], [race({ count: 7 })], [race({ count: 2 })]));
    expect(merged).toEqual([race({ count: 7, seenInSchedules: 3, firstSeed: 6 })]);
  });

  it("stay apart where a line or the check differs", () => {
    const others = [race({ second: site(21) }), race({ check: "bounds" }), race({ first: site(11) })];
    expect(mergeSchedules(schedules([race({})], others))).toHaveLength(4);
  });

  it("stay apart where one schedule tells them apart", () => {
    const two = [race({ byteOffset: 0 }), race({ byteOffset: 64 })];
    const merged = mergeSchedules(schedules(two, two));
    expect(merged.map(({ byteOffset, seenInSchedules }) => [byteOffset, seenInSchedules])).toEqual([
      [0, 2],
      [64, 2],
    ]);
  });

  it("keep the gravest example, and stand before the warnings", () => {
    const warning = race({ severity: "warning", class: "same-value-write" });
    const merged = mergeSchedules(schedules([race({ first: site(1), severity: "warning" }), warning], [race({})]));
    expect(merged.map(({ class: kind, severity, firstSeed }) => [kind, severity, firstSeed])).toEqual([
      ["intra-warp", "error", 5],
      ["intra-warp", "warning", 5],
    ]);
  });

  it("are told apart by buffer and class where they lie in the values", () => {
    const { first: _, second: __, ...values } = race({ check: "diff", class: "wrong-value" });
    const other = { ...values, buffer: "z" };
    const merged = mergeSchedules(schedules([values], [values, other]));
    expect(merged.map(({ buffer, seenInSchedules }) => [buffer, seenInSchedules])).toEqual([
      ["y", 2],
      ["z", 1],
    ]);
  });
});

describe("the findings of two passes", () => {
  const optimised = race({ first: site(10, 3), second: site(20, 4), count: 9 });

  it("are one where the source lines are the same, in either order", () => {
    const unoptimised = race({ first: site(77, 4), second: site(99, 3) });
    expect(mergePasses([optimised], [unoptimised])).toEqual([{ ...optimised, pass: "both" }]);
  });

  it("say which pass saw what", () => {
    const hidden = race({ first: site(77, 3), second: site(99, 5) });
    const warning = race({ severity: "warning" });
    const merged = mergePasses([optimised, warning], [hidden]);
    expect(merged).toEqual([optimised, { ...hidden, pass: "unoptimised" }, warning]);
  });

  it("stay apart where a severity differs, so that a warning never stands for an error", () => {
    const merged = mergePasses([{ ...optimised, severity: "warning" }], [optimised]);
    expect(merged.map(({ severity, pass }) => [severity, pass])).toEqual([
      ["error", "unoptimised"],
      ["warning", undefined],
    ]);
  });

  it("stay apart without source lines, since the PTX lines are of two files", () => {
    expect(mergePasses([race({})], [race({})]).map(({ pass }) => pass)).toEqual([undefined, "unoptimised"]);
  });
});
