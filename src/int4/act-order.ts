import type { HeadSource } from "./head-source.ts";
import { quoted, type TensorEntry } from "./safetensors-header.ts";

/**
 * Refuses a `g_idx` that is not ⌊k / group length⌋: under act-order the groups follow another order than the rows, which
 * Marlin needs a permutation of the activations for.
 */
export async function refuseActOrder(
  source: HeadSource,
  groups: TensorEntry | undefined,
  hiddenSize: number,
  length: number,
): Promise<void> {
  if (groups === undefined) return;
  source.expect(groups, ["I32"], [hiddenSize]);
  const index = new Int32Array((await source.read(groups)).buffer);
  const moved = index.findIndex((group, k) => group !== Math.floor(k / length));
  if (moved < 0) return;
  const message = `${quoted(groups.name)} puts row ${moved} into group ${index[moved]}, in order it is ${Math.floor(moved / length)}`;
  throw source.refusal("CHECKPOINT_UNSUPPORTED", message, "act-order (desc_act) is not supported");
}
