import { relative, resolve } from "node:path";
import { type CompiledArtifact, runCompiler } from "../compiler.ts";
import { DecodeLabError } from "../errors.ts";
import type { CompileReport } from "../report/documents.ts";

/** How a kernel of the user's own is compiled; the kernel folders say it in their definitions. */
export interface UserKernelOptions {
  target?: string | undefined;
  /** Triton types in order, without constexprs: `*bf16,*bf16,i32`. */
  signature?: string | undefined;
  /** `NAME=VALUE` each. */
  constexpr?: readonly string[];
  numWarps?: number | undefined;
  /** Further nvcc flags. */
  flag?: readonly string[];
}

export interface CompileOptions extends UserKernelOptions {
  /** `OP`, `OP/VARIANT`, `FILE.py:FUNCTION`, `FILE.cu` or `FILE.cu:ENTRY`; default every kernel folder. */
  selectors?: readonly string[];
  /** CUDA: also `<name>.unoptimised.ptx`, the code of nvcc -G. */
  unoptimised?: boolean;
  /** Folder to write to; default in place. */
  out?: string | undefined;
  onProgress?: (artifact: string) => void;
}

/** Triton or nvcc to PTX, without a GPU. */
export async function compile(options: CompileOptions = {}): Promise<CompileReport> {
  const selectors = options.selectors ?? [];
  const jobs = selectors.length === 0 ? [[]] : selectors.map((selector) => argumentsFor(selector, options));
  const artifacts: CompileReport["artifacts"] = [];
  for (const job of jobs) {
    const out = options.out === undefined ? [] : ["--out", resolve(options.out)];
    const unoptimised = options.unoptimised ? ["--unoptimised"] : [];
    for (const result of await runCompiler([...job, ...unoptimised, ...out])) {
      const artifact = relative(process.cwd(), result.artifact);
      artifacts.push({ artifact, changed: result.changed, ...launchOf(result) });
      options.onProgress?.(artifact);
    }
  }
  const changed = artifacts.filter((artifact) => artifact.changed).length;
  return { schema: "decode-lab/compile@1", artifacts, counts: { changed, unchanged: artifacts.length - changed } };
}

function launchOf({ launch }: CompiledArtifact): Pick<CompileReport["artifacts"][number], "launch"> {
  if (launch === undefined) return {};
  return { launch: { ...launch, file: relative(process.cwd(), launch.file) } };
}

function argumentsFor(selector: string, options: UserKernelOptions): string[] {
  const userFile = /^(.+\.(?:py:\w+|cu(?::\w+)?))$/.exec(selector)?.[1];
  if (userFile !== undefined) return ["--user", userFile, ...userArguments(options)];
  if (/\.(py|cu)$/.test(selector)) {
    throw new DecodeLabError("USAGE", `\`${selector}\` names no kernel`, { hint: "write FILE.py:FUNCTION or FILE.cu" });
  }
  const [op = "", ...rest] = selector.split("/");
  return rest.length === 0 ? ["--op", op] : ["--op", op, "--variant", rest.join("/")];
}

function userArguments(options: UserKernelOptions): string[] {
  return [
    ...(options.target === undefined ? [] : ["--target", options.target]),
    ...(options.signature === undefined ? [] : ["--signature", options.signature]),
    ...(options.constexpr ?? []).flatMap((pair) => ["--constexpr", pair]),
    ...(options.numWarps === undefined ? [] : ["--num-warps", String(options.numWarps)]),
    ...(options.flag ?? []).map((flag) => `--flag=${flag}`),
  ];
}
