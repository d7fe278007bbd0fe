import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { decodeLab } from "./program.ts";
import { schemaErrors } from "./schema-validator.ts";

const HEAD = "examples/head.safetensors";
const folder = mkdtempSync(join(tmpdir(), "decode-lab-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("writes a head, prints what it did, and gives a document of its schema", async () => {
  const out = join(folder, "heads");
  const json = join(folder, "quantise.json");
  const { exitCode, stdout, stderr } = await decodeLab("quantise", HEAD, "--out", out, "--report", "--json", json);
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("BF16 [100, 128], float");
  expect(stdout).toContain(`written    ${join(out, "head.marlin.safetensors")}`);
  expect(stdout).toContain("What quantisation costs");
  expect(schemaErrors("quantise", JSON.parse(readFileSync(json, "utf8")))).toEqual([]);
});

it("takes the word after a bare --json as the checkpoint", async () => {
  const { exitCode, stdout } = await decodeLab("quantise", "--json", HEAD);
  expect(exitCode).toBe(0);
  const document = JSON.parse(stdout);
  expect(schemaErrors("quantise", document)).toEqual([]);
  expect(document.written).toBeUndefined();
});

it("prints nothing with --quiet", async () => {
  expect(await decodeLab("quantise", HEAD, "--quiet")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
});

it("compares on the hidden states of a file", async () => {
  const { stdout } = await decodeLab("quantise", HEAD, "--json", "--report", HEAD);
  expect(JSON.parse(stdout).report).toMatchObject({
    hiddenStates: 100,
    source: { file: HEAD, tensor: "lm_head.weight" },
  });
});

describe("ends with 2 and one line on stderr", () => {
  const damaged = join(folder, "damaged.safetensors");
  writeFileSync(damaged, readFileSync(HEAD).subarray(0, -1));
  const kept = join(folder, "kept");

  it.each([
    [["nowhere"], "FILE_MISSING: cannot read nowhere: no such file"],
    [[damaged], 'CHECKPOINT_INVALID: tensor "lm_head.weight" ends at byte 25760, the file has 25759'],
    [[HEAD, "--tensor", "head"], 'USAGE: there is no tensor "head"; its largest matrices are "lm_head.weight"'],
    [[HEAD, "--group-size", "100"], "USAGE: "],
    [[HEAD, "--scale-dtype", "f32"], "USAGE: "],
    [[HEAD, "--vocab-multiple", "100"], "TENSOR_INVALID: vocab is to be padded to a multiple of 100"],
    [[], "USAGE: missing required argument"],
  ])("%j", async (given, message) => {
    const { exitCode, stdout, stderr } = await decodeLab("quantise", ...given);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr.split("\n")).toHaveLength(1);
    expect(stderr).toContain(`decode-lab: ${message}`);
  });

  it("for a file that is there", async () => {
    expect((await decodeLab("quantise", HEAD, "--out", kept)).exitCode).toBe(0);
    const before = readFileSync(join(kept, "head.marlin.safetensors"));
    const again = await decodeLab("quantise", HEAD, "--out", kept, "--group-size", "32");
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining("is there; --overwrite replaces it")]);
    expect(readFileSync(join(kept, "head.marlin.safetensors"))).toEqual(before);
    const replaced = await decodeLab("quantise", HEAD, "--out", kept, "--group-size", "32", "--overwrite");
    expect(replaced.stdout).toContain("replaced   ");
  });
});
