import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { BENCH_FOLDER } from "./machine.ts";
import type { SideKernel } from "./side-kernels.ts";

const FOLDER = join(BENCH_FOLDER, "interpreter");

const compiledSchema = z.array(z.object({ ptx: z.string().min(1), sharedBytes: z.int().nonnegative() }));
export type CompiledKernel = z.output<typeof compiledSchema>[number];

export const versionsSchema = z.strictObject({ python: z.string(), triton: z.string(), torch: z.string() });

/** Whether the program is a Python that can compile and interpret kernels. */
export function hasTriton(python: string): boolean {
  return spawnSync(python, ["-c", "import torch, triton"], { stdio: "ignore" }).status === 0;
}

/** PTX of each kernel, compiled now. */
export function compileKernels(python: string, kernels: readonly SideKernel[]): CompiledKernel[] {
  const answer = execFileSync(python, [join(FOLDER, "compile_ptx.py")], {
    input: JSON.stringify(kernels),
    encoding: "utf8",
    maxBuffer: 1e8,
    stdio: ["pipe", "pipe", "inherit"],
  });
  return compiledSchema.parse(JSON.parse(answer));
}

/** Triton's interpreter in one Python process for all runs, so that neither start nor import is measured. */
export class InterpreterProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly versions: Promise<z.output<typeof versionsSchema>>;

  constructor(python: string) {
    const child = spawn(python, [join(FOLDER, "interpret.py")], { stdio: ["pipe", "pipe", "inherit"] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.versions = this.#answer().then((answer) => versionsSchema.parse(answer));
  }

  /** Gives the process a kernel and the files of its tensors, by name. */
  async load(kernel: SideKernel, files: Record<string, string>): Promise<void> {
    await this.#ask({ load: kernel, files });
  }

  /** Seconds of one launch. */
  async run(name: string): Promise<number> {
    return z.object({ seconds: z.number().positive() }).parse(await this.#ask({ run: name })).seconds;
  }

  /** Writes what the last run left into the files of the outputs. */
  async store(name: string): Promise<void> {
    await this.#ask({ store: name });
  }

  close(): void {
    this.#child.stdin?.end();
  }

  #ask(request: object): Promise<unknown> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.#answer();
  }

  async #answer(): Promise<unknown> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw new Error("Triton's interpreter ended; its error stands above");
    return JSON.parse(value);
  }
}
