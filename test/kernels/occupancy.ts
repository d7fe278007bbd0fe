/** What one streaming multiprocessor has: CUDA C++ programming guide, "Technical Specifications per Compute Capability". */
interface Multiprocessor {
  registers: number;
  threads: number;
  ctas: number;
  sharedBytes: number;
  sharedBytesPerCta: number;
}

const KIB = 1024;

/** sm_80 code is held to what sm_86 and sm_89, which run it too, have of shared memory and threads. */
const MULTIPROCESSORS: Record<string, Multiprocessor> = {
  sm_80: { registers: 65536, threads: 1536, ctas: 16, sharedBytes: 100 * KIB, sharedBytesPerCta: 99 * KIB },
  sm_90: { registers: 65536, threads: 2048, ctas: 32, sharedBytes: 228 * KIB, sharedBytesPerCta: 227 * KIB },
};

const WARP = 32;
const REGISTERS_PER_STEP = 256; // registers are given to a warp in such steps
const RESERVED_SHARED_BYTES = 1 * KIB; // of each CTA, by the driver

export interface CtaNeeds {
  threads: number;
  /** Of a thread. */
  registers: number;
  /** Static and dynamic. */
  sharedBytes: number;
}

/** CTAs that one multiprocessor holds at once; 0 where one alone is too large. */
export function residentCtas(target: string, { threads, registers, sharedBytes }: CtaNeeds): number {
  const has = MULTIPROCESSORS[target.replace(/[af]$/, "")];
  if (has === undefined) throw new Error(`nothing is known of ${target}`);
  if (sharedBytes > has.sharedBytesPerCta) return 0;
  const warps = Math.ceil(threads / WARP);
  const perWarp = Math.ceil((registers * WARP) / REGISTERS_PER_STEP) * REGISTERS_PER_STEP;
  return Math.min(
    Math.floor(has.registers / perWarp / warps),
    Math.floor(has.threads / (warps * WARP)),
    Math.floor(has.sharedBytes / (sharedBytes + RESERVED_SHARED_BYTES)),
    has.ctas,
  );
}
