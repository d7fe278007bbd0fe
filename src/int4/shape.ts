import { DecodeLabError } from "../errors.ts";
import { bf16FromBits, f16FromBits } from "../narrow-float.ts";

/** Weights along hidden that share a scale; `channel` is one scale per vocabulary row. Those that Marlin kernels take. */
export const GROUP_SIZES = [32, 64, 128, "channel"] as const;

export type GroupSize = (typeof GROUP_SIZES)[number];

export type ScaleDtype = "bf16" | "f16";

/** The code of weight 0: codes are unsigned with zero point 8. */
export const ZERO_CODE = 8;

/** Rows of a Marlin tile along hidden and columns along vocab. */
export const TILE_K = 16;
export const TILE_N = 64;

/** An int4 head: `vocabSize` rows of the checkpoint, stored as `paddedVocabSize` columns of Marlin's [hidden, vocab]. */
export interface HeadShape {
  vocabSize: number;
  paddedVocabSize: number;
  hiddenSize: number;
  groupSize: GroupSize;
}

/**
 * The shape of a head as Marlin stores it, padded to a multiple of `vocabMultiple` (itself one of 64). A group as long as
 * hidden is `channel`, since Marlin lays out one scale per column in one way alone. TENSOR_INVALID for a shape it can not hold.
 */
export function headShape(
  vocabSize: number,
  hiddenSize: number,
  groupSize: GroupSize,
  vocabMultiple: number = TILE_N,
): HeadShape {
  refuseUnless(isCount(vocabSize), `vocab is ${vocabSize}, a whole number above 0 is needed`);
  refuseUnless(
    isCount(hiddenSize) && hiddenSize % TILE_K === 0,
    `hidden is ${hiddenSize}, Marlin needs a multiple of ${TILE_K}`,
  );
  refuseUnless(
    isCount(vocabMultiple) && vocabMultiple % TILE_N === 0,
    `vocab is to be padded to a multiple of ${vocabMultiple}, Marlin needs a multiple of ${TILE_N}`,
  );
  refuseUnless(
    GROUP_SIZES.includes(groupSize),
    `group size is ${groupSize}, one of ${GROUP_SIZES.join(", ")} is needed`,
  );
  refuseUnless(
    groupSize === "channel" || hiddenSize % groupSize === 0,
    `hidden ${hiddenSize} is no multiple of group size ${groupSize}`,
  );
  return {
    vocabSize,
    paddedVocabSize: Math.ceil(vocabSize / vocabMultiple) * vocabMultiple,
    hiddenSize,
    groupSize: groupSize === hiddenSize ? "channel" : groupSize,
  };
}

/** Weights that share a scale. */
export function groupLength({ groupSize, hiddenSize }: Pick<HeadShape, "groupSize" | "hiddenSize">): number {
  return groupSize === "channel" ? hiddenSize : groupSize;
}

/** Scales of one vocabulary row. */
export function groupCount(shape: Pick<HeadShape, "groupSize" | "hiddenSize">): number {
  return shape.hiddenSize / groupLength(shape);
}

/** The value of a scale's 16 bits. */
export function scaleValue(dtype: ScaleDtype, bits: number): number {
  return dtype === "bf16" ? bf16FromBits(bits) : f16FromBits(bits);
}

/** Bits of 1: the scale of an all-zero group and of padding, under which a wrong code would show. */
export const ONE_BITS: Record<ScaleDtype, number> = { bf16: 0x3f80, f16: 0x3c00 };

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

export function refuseUnless(holds: boolean, message: string): void {
  if (!holds) throw new DecodeLabError("TENSOR_INVALID", message);
}
