/** An argument of a Triton kernel, in the order of its parameters. */
export type Argument =
  | { name: string; kind: "buffer"; dtype: BufferDtype; count: number; fill: Fill; output?: true }
  | { name: string; kind: "scalar"; dtype: "i32" | "f32"; value: number }
  | { name: string; kind: "constexpr"; value: number };

export type BufferDtype = "f32" | "bf16" | "f16" | "i64";
type Fill = "normal" | "cosines" | "poison" | readonly number[];

/** One kernel that Triton's interpreter and the machine run on the same inputs. */
export interface SideKernel {
  name: string;
  /** Relative to the package. */
  source: string;
  function: string;
  usesDot: boolean;
  arguments: Argument[];
  grid: [number, number, number];
  options: { num_warps: number; num_stages: number };
}

const POSITIONS = Array.from({ length: 16 }, (_, i) => 4 * i);

const SOURCE = "bench/machine/interpreter/kernels.py";

/**
 * Rows and tokens few enough for the interpreter, hidden sizes and blocks as they are used. tl.dot takes f16: of bf16 the
 * interpreter multiplies the bit patterns as integers (Triton 3.7.1), so that there would be nothing to compare.
 */
export const SIDE_KERNELS: readonly SideKernel[] = [
  kernel(
    "vector add f32, 512 k",
    "vector_add",
    [512, 1, 1],
    input("x", "f32", 2 ** 19),
    input("y", "f32", 2 ** 19),
    output("out", "f32", 2 ** 19),
    int("n", 2 ** 19),
    constant("block", 1024),
  ),
  kernel(
    "softmax f32, 256 x 1000",
    "softmax",
    [256, 1, 1],
    input("x", "f32", 256 * 1000),
    output("out", "f32", 256 * 1000),
    int("columns", 1000),
    constant("block", 1024),
  ),
  kernel(
    "rmsnorm bf16, 128 x 2560",
    "rmsnorm",
    [128, 1, 1],
    input("x", "bf16", 128 * 2560),
    input("weight", "bf16", 2560),
    output("out", "bf16", 128 * 2560),
    int("columns", 2560),
    float("eps", 1e-6),
    constant("block", 4096),
  ),
  kernel(
    "layernorm f32, 128 x 2048",
    "layernorm",
    [128, 1, 1],
    input("x", "f32", 128 * 2048),
    input("weight", "f32", 2048),
    input("bias", "f32", 2048),
    output("out", "f32", 128 * 2048),
    int("columns", 2048),
    float("eps", 1e-5),
    constant("block", 2048),
  ),
  {
    ...kernel(
      "norm and RoPE bf16, 16 x 12 heads of 512",
      "norm_rope",
      [16, 12, 1],
      input("qkv", "bf16", 16 * 6144),
      input("q_weight", "bf16", 512),
      input("k_weight", "bf16", 512),
      { name: "cos_sin", kind: "buffer", dtype: "f32", count: 64 * 128, fill: "cosines" },
      { name: "positions", kind: "buffer", dtype: "i64", count: 16, fill: POSITIONS },
      output("q_out", "bf16", 16 * 8 * 512),
      output("k_out", "bf16", 16 * 2 * 512),
      output("v_out", "bf16", 16 * 2 * 512),
      int("num_qo_heads", 8),
      int("num_kv_heads", 2),
      int("qkv_stride", 6144),
      float("eps", 1e-6),
      constant("head_dim", 512),
      constant("num_rotary_pairs", 64),
    ),
    source: "bench/machine/interpreter/norm_rope.py",
    options: { num_warps: 1, num_stages: 1 },
  },
  kernel(
    "GEMV bf16, 512 x 2560",
    "gemv",
    [128, 1, 1],
    input("matrix", "bf16", 512 * 2560),
    input("x", "bf16", 2560),
    output("out", "bf16", 512),
    int("columns", 2560),
    constant("block_rows", 4),
    constant("block_columns", 512),
  ),
  {
    ...kernel(
      "matmul f16, 256 x 256 x 256",
      "matmul",
      [4, 4, 1],
      input("a", "f16", 256 * 256),
      input("b", "f16", 256 * 256),
      output("c", "f16", 256 * 256),
      int("n", 256),
      int("k", 256),
      constant("block_m", 64),
      constant("block_n", 64),
      constant("block_k", 32),
    ),
    usesDot: true,
  },
  {
    ...kernel(
      "attention f16, 4 heads, 256 x 64",
      "attention",
      [4, 4, 1],
      input("q", "f16", 4 * 256 * 64),
      input("k", "f16", 4 * 256 * 64),
      input("v", "f16", 4 * 256 * 64),
      output("out", "f16", 4 * 256 * 64),
      int("tokens", 256),
      float("scale", 0.125),
      constant("head_dim", 64),
      constant("block_m", 64),
      constant("block_n", 64),
    ),
    usesDot: true,
  },
];

function kernel(name: string, entry: string, grid: SideKernel["grid"], ...list: Argument[]): SideKernel {
  const options = { num_warps: 4, num_stages: 1 };
  return { name, source: SOURCE, function: entry, usesDot: false, arguments: list, grid, options };
}

function input(name: string, dtype: BufferDtype, count: number): Argument {
  return { name, kind: "buffer", dtype, count, fill: "normal" };
}

function output(name: string, dtype: BufferDtype, count: number): Argument {
  return { name, kind: "buffer", dtype, count, fill: "poison", output: true };
}

function int(name: string, value: number): Argument {
  return { name, kind: "scalar", dtype: "i32", value };
}

function float(name: string, value: number): Argument {
  return { name, kind: "scalar", dtype: "f32", value };
}

function constant(name: string, value: number): Argument {
  return { name, kind: "constexpr", value };
}
