import { expect, it } from "vitest";
import { tableText } from "../../src/report/table.ts";

const ALIGNMENT = ["left", "left", "right"] as const;

it("aligns names to the left and figures to the right", () => {
  const rows = [
    ["op", "workload", "ms"],
    ["add", "a", "12.5"],
  ];
  expect(tableText(rows, ALIGNMENT)).toBe("op   workload    ms\nadd  a         12.5");
});

it("takes from the middle of the longest names what is beyond 100 columns", () => {
  const rows = [
    ["a".repeat(10), `first-${"x".repeat(84)}-last`, "1.5"],
    ["b", "short", "22.5"],
  ];
  const [long = "", short = ""] = tableText(rows, ALIGNMENT, 1).split("\n");
  expect(long).toHaveLength(100);
  expect(short).toHaveLength(100);
  expect(long).toMatch(/^a{10} {2}first-x+…x+-last {3}1\.5$/);
  expect(short).toMatch(/^b {11}short +22\.5$/);
});
