import { join } from "node:path";
import { execa } from "execa";
import { PACKAGE_ROOT } from "../../src/package-root.ts";

export const PROGRAM = join(PACKAGE_ROOT, "bin", "decode-lab.cjs");

export interface Ended {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** Runs the program as a user would, from the package's folder; standard output is no terminal. */
export async function decodeLab(...programArguments: string[]): Promise<Ended> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [PROGRAM, ...programArguments], {
    cwd: PACKAGE_ROOT,
    reject: false,
  });
  return { exitCode, stdout, stderr };
}
