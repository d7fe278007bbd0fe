import { encode } from "../../../src/dtype.ts";
import { safetensorsParts } from "../../../src/int4/safetensors.ts";
import { RandomStream } from "../../../src/random.ts";

/** The bytes of examples/head.safetensors: a bfloat16 head of 100 tokens and hidden 128. */
export function exampleHead(): Uint8Array {
  const stream = new RandomStream(1, "lm_head.weight");
  const values = Float64Array.from({ length: 100 * 128 }, () => 0.03 * stream.normal());
  const tensor = { name: "lm_head.weight", dtype: "BF16", shape: [100, 128], bytes: encode("bf16", values) };
  return Buffer.concat(safetensorsParts([tensor], { made: "normal numbers of deviation 0.03, seed 1" }));
}
