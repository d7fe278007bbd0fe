import { expect, it } from "vitest";
import type { Finding } from "../../src/finding.ts";
import { caughtAsExpected } from "../../src/rows/exhibit-verdict.ts";

const RACE = { check: "races", class: "intra-warp", severity: "error" } as Finding;

it("is caught by an error of the expected check", () => {
  expect(caughtAsExpected([RACE], { check: "races" })).toBe(true);
  expect(caughtAsExpected([RACE], { check: "diff" })).toBe(false);
  expect(caughtAsExpected([], { check: "races" })).toBe(false);
});

it("is caught only by the expected class where one is named", () => {
  expect(caughtAsExpected([RACE], { check: "races", class: "intra-warp" })).toBe(true);
  expect(caughtAsExpected([RACE], { check: "races", class: "inter-cta-global" })).toBe(false);
});

it("is not caught by a warning", () => {
  expect(caughtAsExpected([{ ...RACE, severity: "warning" }], { check: "races" })).toBe(false);
});
