import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/commands/index.ts";
import { PACKAGE_ROOT } from "../../src/package-root.ts";
import { ExampleCopy } from "./launch-folder.ts";
import { decodeLab, PROGRAM } from "./program.ts";

const commands = COMMANDS.map((command) => command(() => {}).name());

describe.each(commands)("%s --help", (name) => {
  it("says what the command does, with an example", async () => {
    const { exitCode, stdout, stderr } = await decodeLab(name, "--help");
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/Example:\n {2}\$ decode-lab /);
  });
});

it.each([
  [["--help"], 0],
  [["--version"], 0],
])("%j ends with %d", async (programArguments, exitCode) => {
  const ended = await decodeLab(...programArguments);
  expect(ended).toMatchObject({ exitCode, stderr: "" });
});

it.each([
  { given: [], line: /^decode-lab: USAGE: no command given/ },
  { given: ["chekc"], line: /^decode-lab: USAGE: unknown command 'chekc'/ },
  { given: ["check", "--fast"], line: /^decode-lab: USAGE: unknown option '--fast'/ },
  {
    given: ["check", "norm"],
    line: /^decode-lab: USAGE: no kernel `norm`; there are flash_decode, lm_head_int4, qnorm_rope/,
  },
  { given: ["check", "qnorm_rope/hip"], line: /no variant `hip`; it has triton, cuda/ },
  {
    given: ["check", "--workload", "huge"],
    line: /none of flash_decode, lm_head_int4, qnorm_rope has a workload `huge`/,
  },
  { given: ["check", "qnorm_rope", "--workload", "huge"], line: /no workload `huge`; it has sliding-t1/ },
  { given: ["check", "--target", "sm_70"], line: /no row fits this selection/ },
  { given: ["check", "--exhibits", "qnorm_rope/none"], line: /no exhibit `none`; it has/ },
  { given: ["run"], line: /^decode-lab: USAGE: missing required argument 'LAUNCH.json'/ },
  { given: ["run", "--threads", "0", "examples/saxpy.launch.json"], line: /whole number above 0/ },
  { given: ["run", "--schedules", "1.5", "examples/saxpy.launch.json"], line: /whole number above 0/ },
  { given: ["check", "qnorm_rope/triton", "--unoptimised"], line: /no row of this selection is compiled from CUDA/ },
  { given: ["compile", "kernel.py"], line: /FILE.py:FUNCTION/ },
])("$given is refused in one line with exit code 2", async ({ given, line }) => {
  const ended = await decodeLab(...given);
  expect(ended.stderr.split("\n").at(-1)).toMatch(line);
  expect(ended.exitCode).toBe(2);
});

it.each(["cuda", "webgpu"])("--backend %s is refused with exit code 3, since it does not exist", async (backend) => {
  const ended = await decodeLab("check", "--backend", backend);
  expect(ended.exitCode).toBe(3);
  expect(ended.stderr).toMatch(/^decode-lab: BACKEND_MISSING: this version has no backend `\w+`; it has cpu-ptx$/);
});

it("says in one line that it cannot write where --json or --out say", async () => {
  const file = "package.json/report.json";
  for (const option of ["--json", "--out"]) {
    const ended = await decodeLab("run", "examples/saxpy.launch.json", option, file);
    expect(ended.exitCode).toBe(2);
    expect(ended.stderr).toMatch(/^decode-lab: FILE_UNWRITABLE: cannot write package\.json\/report\.json[^\n]*$/);
  }
});

it.each([
  { given: ["run", "examples/saxpy.launch.json"] },
  { given: ["check", "--json", "--workload", "full-t1"] },
  { given: ["--help"] },
])("$given says in one line that standard output is full", async ({ given }) => {
  const full = openSync("/dev/full", "w");
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...given], {
    cwd: PACKAGE_ROOT,
    encoding: "utf8",
    stdio: ["ignore", full, "pipe"],
  });
  closeSync(full);
  expect(stderr).toBe("decode-lab: FILE_UNWRITABLE: cannot write standard output: no space left\n");
  expect(status).toBe(2);
});

it("never writes an error document over the launch file of `run --json LAUNCH.json`", async () => {
  const copy = new ExampleCopy().edit((launch) => Object.assign(launch, { grid: "wide" }));
  const before = readFileSync(copy.launchFile, "utf8");
  const ended = await decodeLab("run", "--json", copy.launchFile);
  expect(ended.exitCode).toBe(2);
  expect(JSON.parse(ended.stdout)).toMatchObject({ schema: "decode-lab/error@1", code: "SCHEMA" });
  expect(readFileSync(copy.launchFile, "utf8")).toBe(before);
});

describe("the word after --json", () => {
  it("is the launch file where `run` has none", async () => {
    const { exitCode, stdout } = await decodeLab("run", "--json", "examples/saxpy.launch.json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ schema: "decode-lab/report@1" });
  });

  it.each(["qnorm_rope", "qnorm_rope/cuda"])("is a selector of `check` where it names something: %s", async (word) => {
    const { stdout } = await decodeLab("check", "--json", word, "--workload", "sliding-t1", "--target", "sm_80");
    const ops = JSON.parse(stdout).rows.map(({ op }: { op: string }) => op);
    expect(new Set(ops)).toEqual(new Set(["qnorm_rope"]));
    expect(existsSync(join(PACKAGE_ROOT, word))).toBe(false);
  });

  it("is a file that is replaced only where decode-lab wrote it", async () => {
    const { launchFile, folder } = new ExampleCopy();
    const before = readFileSync(launchFile, "utf8");
    const refused = await decodeLab("run", "--json", launchFile, launchFile);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/^decode-lab: FILE_UNWRITABLE: \S+ is there and no document of decode-lab; [^\n]*$/);
    expect(readFileSync(launchFile, "utf8")).toBe(before);
    const report = join(folder, "report.json");
    for (const _ of [1, 2]) {
      expect(await decodeLab("run", "--json", report, launchFile)).toMatchObject({ exitCode: 0, stderr: "" });
    }
  });
});

it("says so where --out lies in a folder that takes no entries", async () => {
  const ended = await decodeLab("run", "examples/saxpy.launch.json", "--out", "/proc/decode-lab/out");
  expect(ended.exitCode).toBe(2);
  expect(ended.stderr).toMatch(/^decode-lab: FILE_UNWRITABLE: cannot write /);
});
