import { DecodeLabError } from "../errors.ts";
import { RandomStream } from "../random.ts";
import { floatValues, isFloatDtype } from "./float-values.ts";
import { SafetensorsFile } from "./safetensors.ts";
import { quoted, type TensorEntry } from "./safetensors-header.ts";

/** Hidden states [count, hidden] and where they are from. */
export interface HiddenStates {
  states: Float64Array;
  source: { file: string; tensor: string } | { distribution: "normal"; seed: number };
}

const SEED = 0;
const NORMAL_STATES = 32;

/** Independent numbers of mean 0 and variance 1: the root mean square of a state that an RMSNorm with weight 1 made. */
export function normalStates(hiddenSize: number): HiddenStates {
  const stream = new RandomStream(SEED, "hidden states");
  const states = new Float64Array(NORMAL_STATES * hiddenSize);
  for (let i = 0; i < states.length; i++) states[i] = stream.normal();
  return { states, source: { distribution: "normal", seed: SEED } };
}

/** A safetensors file's `hidden_states`, or its only tensor: BF16, F16 or F32 [count, hidden]. */
export async function readHiddenStates(path: string, hiddenSize: number): Promise<HiddenStates> {
  const file = await SafetensorsFile.open(path);
  try {
    const tensor = file.tensors.get("hidden_states") ?? onlyTensor(file);
    const { name, dtype, shape } = tensor;
    if (!isFloatDtype(dtype) || shape.length !== 2 || shape[0] === 0 || shape[1] !== hiddenSize) {
      const found = `${quoted(name)} is ${dtype} [${shape.join(", ")}]`;
      throw new DecodeLabError(
        "CHECKPOINT_INVALID",
        `${found}, hidden states are BF16, F16 or F32 [count, ${hiddenSize}]`,
        {
          at: { file: path, line: 0 },
        },
      );
    }
    const states = Float64Array.from(floatValues(dtype, await file.read(tensor)));
    const wrong = states.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      const place = `[${Math.floor(wrong / hiddenSize)}, ${wrong % hiddenSize}]`;
      const at = { file: path, line: 0 };
      throw new DecodeLabError("TENSOR_INVALID", `${quoted(name)} is not finite at ${place}`, { at });
    }
    return { states, source: { file: path, tensor: name } };
  } finally {
    await file.close();
  }
}

function onlyTensor({ tensors, path }: SafetensorsFile): TensorEntry {
  const [only, ...others] = tensors.values();
  if (only !== undefined && others.length === 0) return only;
  throw new DecodeLabError("CHECKPOINT_INVALID", `it has ${tensors.size} tensors and none called "hidden_states"`, {
    at: { file: path, line: 0 },
  });
}
