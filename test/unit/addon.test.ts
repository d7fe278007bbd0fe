import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { DecodeLabError } from "../../src/errors.ts";
import { loadAddon, refusal } from "../../src/native/addon.ts";

it("says how to build an addon that is not there", () => {
  const folder = mkdtempSync(join(tmpdir(), "decode-lab-"));
  expect(() => loadAddon(folder)).toThrow(expect.objectContaining({ code: "ADDON_MISSING", exitCode: 3 }));
});

it("gives an error of the addon its place in the PTX, and leaves others as they are", () => {
  const native = Object.assign(new Error("no such instruction"), { code: "PTX_UNSUPPORTED", line: 7 });
  expect(refusal(native, "k.ptx")).toMatchObject({
    code: "PTX_UNSUPPORTED",
    exitCode: 3,
    at: { file: "k.ptx", line: 7 },
  });
  expect(refusal(native, "k.ptx")).toBeInstanceOf(DecodeLabError);
  const other = new TypeError("x");
  expect(refusal(other, "k.ptx")).toBe(other);
});
