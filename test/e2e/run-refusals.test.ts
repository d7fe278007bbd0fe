import { execFileSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ExampleCopy } from "./launch-folder.ts";
import { decodeLab } from "./program.ts";
import { schemaErrors } from "./schema-validator.ts";

interface Refusal {
  title: string;
  spoil: (copy: ExampleCopy) => void;
  exitCode: number;
  code: string;
  /** Part of the one line. */
  line: RegExp;
}

const REFUSALS: Refusal[] = [
  {
    title: "a missing PTX file",
    spoil: (copy) => copy.edit((launch) => Object.assign(launch, { ptx: "absent.ptx" })),
    exitCode: 2,
    code: "FILE_MISSING",
    line: /`absent\.ptx`: no such file/,
  },
  {
    title: "a FIFO as the PTX file",
    spoil: (copy) => {
      copy.edit((launch) => Object.assign(launch, { ptx: "pipe.ptx" }));
      execFileSync("mkfifo", [join(copy.folder, "pipe.ptx")]);
    },
    exitCode: 2,
    code: "FILE_MISSING",
    line: /`pipe\.ptx`: it is not a regular file/,
  },
  {
    title: "a missing buffer file",
    spoil: (copy) => copy.edit(({ params }) => Object.assign(params[1] ?? {}, { init: { file: "absent.bin" } })),
    exitCode: 2,
    code: "FILE_MISSING",
    line: /`absent\.bin`: no such file/,
  },
  {
    title: "a missing file of expected values",
    spoil: (copy) => copy.edit(({ params }) => Object.assign(params[1] ?? {}, { expect: { file: "absent.bin" } })),
    exitCode: 2,
    code: "FILE_MISSING",
    line: /`absent\.bin`: no such file/,
  },
  {
    title: "a path that leaves the folder",
    spoil: (copy) => copy.edit((launch) => Object.assign(launch, { ptx: "../launch/saxpy.ptx/../../outside.ptx" })),
    exitCode: 2,
    code: "PATH_ESCAPES",
    line: /leads out of the launch file's folder/,
  },
  {
    title: "an absolute path",
    spoil: (copy) => copy.edit((launch) => Object.assign(launch, { ptx: join(copy.folder, "saxpy.ptx") })),
    exitCode: 2,
    code: "PATH_ESCAPES",
    line: /leads out of the launch file's folder/,
  },
  {
    title: "a link that leaves the folder",
    spoil: (copy) => {
      writeFileSync(join(copy.folder, "..", "outside.bin"), new Uint8Array(2000));
      symlinkSync("../outside.bin", join(copy.folder, "link.bin"));
      copy.edit(({ params }) => Object.assign(params[1] ?? {}, { init: { file: "link.bin" } }));
    },
    exitCode: 2,
    code: "PATH_ESCAPES",
    line: /`link\.bin` leads out/,
  },
  {
    title: "an unknown dtype",
    spoil: (copy) => copy.edit(({ params }) => Object.assign(params[0] ?? {}, { dtype: "f33" })),
    exitCode: 2,
    code: "SCHEMA",
    line: /params\.0\.dtype.*f32.*saxpy\.launch\.json:\d+\)/,
  },
  {
    title: "a scalar of another size than the parameter",
    spoil: (copy) => copy.edit(({ params }) => Object.assign(params[3] ?? {}, { dtype: "i64" })),
    exitCode: 2,
    code: "LAUNCH_INVALID",
    line: /`n` is i64, the entry takes a \w+ of 4 bytes/,
  },
  {
    title: "a whole number for a floating-point parameter",
    spoil: (copy) => copy.edit(({ params }) => Object.assign(params[2] ?? {}, { dtype: "i32", value: 2 })),
    exitCode: 2,
    code: "LAUNCH_INVALID",
    line: /`a` is i32, the entry takes a f32/,
  },
  {
    title: "a scalar where the entry takes a pointer",
    spoil: (copy) =>
      copy.edit(({ params }) => params.splice(0, 1, { name: "x", kind: "scalar", dtype: "f32", value: 1 })),
    exitCode: 2,
    code: "LAUNCH_INVALID",
    line: /`x` is f32/,
  },
  {
    title: "values that do not fit the shape",
    spoil: (copy) => copy.edit(({ params }) => Object.assign(params[0] ?? {}, { init: { values: [1, 2, 3] } })),
    exitCode: 2,
    code: "LAUNCH_INVALID",
    line: /`x` has 3 values, its shape takes 500/,
  },
  {
    title: "a file that does not fit the shape",
    spoil: (copy) => copy.edit(({ params }) => Object.assign(params[1] ?? {}, { shape: [512] })),
    exitCode: 2,
    code: "LAUNCH_INVALID",
    line: /has 2000 bytes, buffer `y` takes 2048/,
  },
  {
    title: "a scalar left out",
    spoil: (copy) => copy.edit(({ params }) => params.pop()),
    exitCode: 2,
    code: "LAUNCH_INVALID",
    line: /no value for parameter 3 of `saxpy`/,
  },
  {
    title: "a parameter too many",
    spoil: (copy) => copy.edit(({ params }) => params.push({ name: "m", kind: "scalar", dtype: "i32", value: 1 })),
    exitCode: 2,
    code: "LAUNCH_INVALID",
    line: /lists 5 parameters, `saxpy` takes 4/,
  },
  {
    title: "an entry that is not there",
    spoil: (copy) => copy.edit((launch) => Object.assign(launch, { entry: "daxpy" })),
    exitCode: 2,
    code: "LAUNCH_INVALID",
    line: /no entry `daxpy`; it has saxpy/,
  },
  {
    title: "a grid of 2^40 CTAs within the hardware's dimensions",
    spoil: (copy) => copy.edit((launch) => Object.assign(launch, { grid: [2 ** 30, 1024, 1] })),
    exitCode: 2,
    code: "LAUNCH_INVALID",
    line: /grid of 1099511627776 CTAs/,
  },
  {
    title: "a grid of 2^40 CTAs in one dimension",
    spoil: (copy) => copy.edit((launch) => Object.assign(launch, { grid: [2 ** 40, 1, 1] })),
    exitCode: 2,
    code: "SCHEMA",
    line: /grid\.0/,
  },
  {
    title: "a block of more threads than the hardware has",
    spoil: (copy) => copy.edit((launch) => Object.assign(launch, { block: [1024, 2, 1] })),
    exitCode: 2,
    code: "SCHEMA",
    line: /block.*1024 threads/,
  },
  {
    title: "a missing PTX file of the second pass",
    spoil: (copy) => copy.edit((launch) => Object.assign(launch, { unoptimised: "absent.ptx" })),
    exitCode: 2,
    code: "FILE_MISSING",
    line: /`absent\.ptx`: no such file/,
  },
  {
    title: "unsupported code in the second pass, by its own file",
    spoil: (copy) => {
      const ptx = readFileSync(join(copy.folder, "saxpy.ptx"), "utf8");
      writeFileSync(join(copy.folder, "saxpy.debug.ptx"), ptx.replace("fma.rn.f32", "nonsense.rn.f32"));
      copy.edit((launch) => Object.assign(launch, { unoptimised: "saxpy.debug.ptx" }));
    },
    exitCode: 3,
    code: "PTX_UNSUPPORTED",
    line: /nonsense.*saxpy\.debug\.ptx:\d+\)/,
  },
  {
    title: "buffers beyond limits.hostBytes",
    spoil: (copy) => copy.edit(({ params }) => Object.assign(params[0] ?? {}, { shape: [1e6, 1e6], init: "zeros" })),
    exitCode: 1,
    code: "HOST_MEMORY",
    line: /limits\.hostBytes/,
  },
  {
    title: "a launch file that is not JSON",
    spoil: (copy) => writeFileSync(copy.launchFile, '{\n  "schema": ,\n}'),
    exitCode: 2,
    code: "SCHEMA",
    line: /not JSON.*saxpy\.launch\.json:2\)/,
  },
  {
    title: "a launch file in UTF-16",
    spoil: (copy) => writeFileSync(copy.launchFile, `\ufeff${readFileSync(copy.launchFile, "utf8")}`, "utf16le"),
    exitCode: 2,
    code: "SCHEMA",
    line: /not UTF-8 text .*saxpy\.launch\.json\)/,
  },
  {
    title: "a field that does not exist",
    spoil: (copy) => copy.edit((launch) => Object.assign(launch, { gird: [1, 1, 1] })),
    exitCode: 2,
    code: "SCHEMA",
    line: /gird/,
  },
  {
    title: "truncated PTX",
    spoil: (copy) => copy.editPtx((ptx) => ptx.slice(0, ptx.indexOf("fma.rn") + 10)),
    exitCode: 2,
    code: "PTX_SYNTAX",
    line: /saxpy\.ptx:\d+\)/,
  },
  {
    title: "PTX that is something else",
    spoil: (copy) => copy.editPtx(() => "\u0000\u0001 not PTX"),
    exitCode: 2,
    code: "PTX_SYNTAX",
    line: /saxpy\.ptx:1\)/,
  },
  {
    title: "a branch to a label that is not there",
    spoil: (copy) => copy.editPtx((ptx) => ptx.replace("bra \tdone", "bra \tgone")),
    exitCode: 2,
    code: "PTX_INVALID",
    line: /gone.*saxpy\.ptx:\d+\)/,
  },
  {
    title: "an unsupported instruction",
    spoil: (copy) => copy.editPtx((ptx) => ptx.replace("fma.rn.f32", "nonsense.rn.f32")),
    exitCode: 3,
    code: "PTX_UNSUPPORTED",
    line: /nonsense.*saxpy\.ptx:\d+\)/,
  },
];

describe("`run` refuses", () => {
  it.each(REFUSALS)("$title", async ({ spoil, exitCode, code, line }) => {
    const copy = new ExampleCopy();
    spoil(copy);
    const ended = await decodeLab("run", copy.launchFile, "--json");
    expect(ended.stderr).toMatch(line);
    expect(ended.stderr.startsWith(`decode-lab: ${code}: `)).toBe(true);
    expect(ended.stderr.split("\n")).toHaveLength(1);
    expect(ended.exitCode).toBe(exitCode);
    const document = JSON.parse(ended.stdout);
    expect(document).toMatchObject({ schema: "decode-lab/error@1", code, exitCode });
    expect(schemaErrors("error", document)).toEqual([]);
  });

  it("a launch file that is not there", async () => {
    const ended = await decodeLab("run", "absent.launch.json");
    expect(ended).toMatchObject({ exitCode: 2, stdout: "" });
    expect(ended.stderr).toMatch(/^decode-lab: FILE_MISSING: .*absent\.launch\.json: no such file/);
  });
});
