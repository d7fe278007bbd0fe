import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PACKAGE_ROOT } from "../../src/package-root.ts";
import { ExampleCopy } from "./launch-folder.ts";
import { decodeLab } from "./program.ts";
import { schemaErrors } from "./schema-validator.ts";

const EXAMPLE = "examples/saxpy.launch.json";

async function reportOf(copy: ExampleCopy) {
  const { exitCode, stdout, stderr } = await decodeLab("run", copy.launchFile, "--json");
  expect(stderr).toBe("");
  const report = JSON.parse(stdout);
  expect(schemaErrors("report", report)).toEqual([]);
  return { exitCode, report };
}

describe("the saxpy example", () => {
  it("passes and yields a report valid under the published schema", async () => {
    const { exitCode, stdout } = await decodeLab("run", EXAMPLE, "--json");
    const report = JSON.parse(stdout);
    expect(schemaErrors("report", report)).toEqual([]);
    expect(report).toMatchObject({ schema: "decode-lab/report@1", status: "ok", backend: "cpu-ptx", findings: [] });
    expect(Object.keys(report.outputs)).toEqual(["y"]);
    expect(exitCode).toBe(0);
  });

  it("gives the same report for any number of threads, time aside", async () => {
    const reports = await Promise.all(
      ["1", "3"].map(async (threads) => {
        const { stdout } = await decodeLab("run", EXAMPLE, "--json", "--threads", threads);
        return { ...JSON.parse(stdout), wallSeconds: 0 };
      }),
    );
    expect(reports[1]).toEqual(reports[0]);
  });

  it("writes outputs where --out says, equal to what was expected", async () => {
    const out = join(new ExampleCopy().folder, "results");
    const { stdout } = await decodeLab("run", EXAMPLE, "--json", "--out", out);
    expect(JSON.parse(stdout).outputs.y.file).toBe("y.out.bin");
    const written = readFileSync(join(out, "y.out.bin"));
    expect(written.equals(readFileSync(join(PACKAGE_ROOT, "examples", "saxpy.y.expected.bin")))).toBe(true);
  });

  it("writes the document to FILE and the text to stdout", async () => {
    const file = join(new ExampleCopy().folder, "report.json");
    const { stdout } = await decodeLab("run", EXAMPLE, "--json", file);
    expect(stdout).toMatch(/^status {8}ok$/m);
    expect(JSON.parse(readFileSync(file, "utf8")).status).toBe("ok");
  });

  it("prints nothing with --quiet", async () => {
    expect(await decodeLab("run", EXAMPLE, "--quiet")).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });
});

describe("a launch that runs and is wrong ends with exit code 1", () => {
  it("where a value differs from what was expected", async () => {
    const copy = new ExampleCopy().edit(({ params }) => Object.assign(params[2] ?? {}, { value: 2 }));
    const { exitCode, report } = await reportOf(copy);
    expect(exitCode).toBe(1);
    expect(report).toMatchObject({ status: "failed", counts: { diff: 1 } });
    expect(report.findings[0]).toMatchObject({ check: "diff", class: "wrong-value", buffer: "y" });
  });

  it("where a store leaves its buffer", async () => {
    const copy = new ExampleCopy().edit(({ params }) => Object.assign(params[3] ?? {}, { value: 501 }));
    const { exitCode, report } = await reportOf(copy);
    expect(exitCode).toBe(1);
    expect(report.status).toBe("failed");
    const store = report.findings.find(({ first }: { first?: { instruction: string } }) =>
      first?.instruction.startsWith("st.global"),
    );
    expect(store).toMatchObject({ check: "bounds", class: "out-of-bounds", buffer: "y", byteOffset: 2000, bytes: 4 });
  });

  it("where bytes are read that nothing wrote", async () => {
    const copy = new ExampleCopy().edit(({ params }) => Object.assign(params[0] ?? {}, { init: "poison" }));
    const { exitCode, report } = await reportOf(copy);
    expect(exitCode).toBe(1);
    expect(report.counts.initialised).toBe(1);
  });

  it.each(["trap;", "brkpt;"])("where the kernel meets %s", async (end) => {
    const { exitCode, report } = await reportOf(new ExampleCopy().editPtx((ptx) => ptx.replace("ret;", end)));
    expect({ exitCode, status: report.status }).toEqual({ exitCode: 1, status: "trapped" });
    expect(report.reason).toMatch(new RegExp(`^${end.slice(0, -1)} at PTX line \\d+$`));
  });

  it("where the kernel never ends", async () => {
    const copy = new ExampleCopy()
      .editPtx((ptx) => ptx.replace("ret;", "bra \tdone;"))
      .edit((launch) => Object.assign(launch, { limits: { instructions: 1e6 } }));
    const { exitCode, report } = await reportOf(copy);
    expect({ exitCode, status: report.status }).toEqual({ exitCode: 1, status: "timed-out" });
    expect(report.reason).toMatch(/instructions/);
  });
});

it("takes pointers that the launch leaves out as null", async () => {
  const copy = new ExampleCopy().editPtx((ptx) =>
    ptx.replace(".param .s32 n", ".param .s32 n,\n\t.param .u64 scratch"),
  );
  expect((await reportOf(copy)).report.status).toBe("ok");
});

it("takes a launch file that starts with a byte order mark", async () => {
  const copy = new ExampleCopy();
  writeFileSync(copy.launchFile, `\ufeff${readFileSync(copy.launchFile, "utf8")}`);
  expect((await reportOf(copy)).report.status).toBe("ok");
});

it("runs a cooperative launch", async () => {
  const copy = new ExampleCopy().edit((launch) => Object.assign(launch, { cooperative: true }));
  expect((await reportOf(copy)).report.status).toBe("ok");
});

it("runs several schedules, each on fresh buffers: saxpy adds to what y held", async () => {
  const { exitCode, stdout } = await decodeLab("run", EXAMPLE, "--schedules", "4", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ status: "ok", schedules: { count: 4, scope: "every-schedule" } });
  expect(exitCode).toBe(0);
});
