import { DecodeLabError } from "../errors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { quoted, type TensorEntry } from "./safetensors-header.ts";

/** How a head's weights are stored, by the tensor that each has and the others have not. */
export type HeadFormat = "float" | "compressed-tensors" | "gptq";

const WEIGHT_OF_FORMAT: Record<HeadFormat, string> = {
  float: "weight",
  "compressed-tensors": "weight_packed",
  gptq: "qweight",
};

/** A module of the checkpoint that can be a head. */
export interface FoundHead {
  /** Without the tensor's own name: `lm_head`. */
  module: string;
  format: HeadFormat;
  weight: TensorEntry;
  /** It is the embedding, which also serves as the head. */
  tied: boolean;
}

/** Modules that are heads by name, in the order they are looked for. */
const HEAD_MODULES = [
  { name: "lm_head", tied: false },
  { name: "embed_tokens", tied: true },
];

/**
 * The module that `asked` names (`lm_head`, or one of its tensors), or else the one called lm_head, or else the embedding, as
 * long as `mayTie`. USAGE where there is none or several; the message lists what may be meant.
 */
export function findHead(checkpoint: Checkpoint, asked: string | undefined, mayTie: boolean): FoundHead {
  if (asked !== undefined) return headNamed(checkpoint, asked);
  for (const { name, tied } of HEAD_MODULES) {
    const found = modulesCalled(checkpoint, name);
    if (found.length > 1) {
      const names = found.map(({ weight }) => quoted(weight.name)).join(", ");
      throw new DecodeLabError("USAGE", `several modules are called ${name}: ${names}`, { hint: "say --tensor NAME" });
    }
    const [only] = found;
    if (only === undefined) continue;
    if (tied && !mayTie) {
      throw new DecodeLabError(
        "USAGE",
        `there is no lm_head, and config.json says that ${quoted(only.weight.name)} is not tied to it`,
        { hint: "say --tensor NAME" },
      );
    }
    return { ...only, tied };
  }
  throw new DecodeLabError("USAGE", `there is no lm_head and no embed_tokens; ${candidatesText(checkpoint)}`, {
    hint: "say --tensor NAME",
  });
}

function headNamed(checkpoint: Checkpoint, asked: string): FoundHead {
  for (const format of formats()) {
    const ending = `.${WEIGHT_OF_FORMAT[format]}`;
    for (const name of [asked, asked + ending]) {
      const weight = checkpoint.find(name);
      if (weight === undefined || (!name.endsWith(ending) && format !== "float")) continue;
      const module = name.endsWith(ending) ? name.slice(0, -ending.length) : name;
      return { module, format, weight, tied: /(^|\.)embed_tokens$/.test(module) };
    }
  }
  const message = `there is no tensor ${quoted(asked)}; ${candidatesText(checkpoint)}`;
  throw new DecodeLabError("USAGE", message, { hint: "say --tensor NAME" });
}

/** Quantised formats first: a tensor named in full as `…qweight` is no float head. */
function formats(): HeadFormat[] {
  return ["compressed-tensors", "gptq", "float"];
}

function modulesCalled(checkpoint: Checkpoint, called: string): Omit<FoundHead, "tied">[] {
  return formats().flatMap((format) => {
    const ending = `${called}.${WEIGHT_OF_FORMAT[format]}`;
    return checkpoint
      .names()
      .filter((name) => name === ending || name.endsWith(`.${ending}`))
      .map((name) => {
        const module = name.slice(0, name.length - WEIGHT_OF_FORMAT[format].length - 1);
        return { module, format, weight: checkpoint.find(name) as TensorEntry };
      });
  });
}

const CANDIDATES = 5;

/** The matrices with the most rows. */
function candidatesText(checkpoint: Checkpoint): string {
  const matrices = checkpoint
    .names()
    .map((name) => checkpoint.find(name) as TensorEntry)
    .filter(({ shape }) => shape.length === 2)
    .sort((left, right) => (right.shape[0] as number) - (left.shape[0] as number));
  if (matrices.length === 0) return "the checkpoint has no matrix";
  const shown = matrices
    .slice(0, CANDIDATES)
    .map(({ name, dtype, shape }) => `${quoted(name)} ${dtype} [${shape.join(", ")}]`);
  return `its largest matrices are ${shown.join(", ")}`;
}
