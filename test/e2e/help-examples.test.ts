import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/commands/index.ts";
import { decodeLab } from "./program.ts";

const commands = COMMANDS.map((command) => command(() => {}).name());

/** Exit codes with which an example may end: compiling needs compilers, which a machine may lack. */
const ALLOWED: Record<string, readonly number[]> = { compile: [0, 3] };

describe.each(commands)("the example of %s --help", (name) => {
  it("runs", async () => {
    const { stdout } = await decodeLab(name, "--help");
    const [, example] = /^Example:\n {2}\$ decode-lab (.+)$/m.exec(stdout) ?? [];
    const { exitCode } = await decodeLab(...(example ?? "").split(" "));
    expect(ALLOWED[name] ?? [0]).toContain(exitCode);
  });
});
