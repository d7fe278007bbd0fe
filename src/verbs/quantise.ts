import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DecodeLabError } from "../errors.ts";
import { floatRows } from "../int4/float-head.ts";
import { HeadSource, matrixShape } from "../int4/head-source.ts";
import { type HiddenStates, normalStates, readHiddenStates } from "../int4/hidden-states.ts";
import { marlinFileParts } from "../int4/marlin-file.ts";
import type { MarlinHead } from "../int4/marlin-head.ts";
import { openHead, type ReadHeadOptions, readMarlinHead } from "../int4/read-head.ts";
import { QuantisationStudy } from "../int4/report.ts";
import { GROUP_SIZES, type GroupSize } from "../int4/shape.ts";
import { writeOutputFile } from "../output-file.ts";
import type { QuantiseReport } from "../report/quantise-document.ts";

export interface QuantiseOptions extends Omit<ReadHeadOptions, "onProgress"> {
  /** Folder for `head.marlin.safetensors`; without it nothing is written. */
  out?: string | undefined;
  /** Replaces a file that is there. */
  overwrite?: boolean | undefined;
  /** What quantisation costs: on the hidden states of a safetensors file, or of normal numbers. Of a float head alone. */
  report?: string | boolean | undefined;
  onProgress?: (stage: string, share: number) => void;
}

const FILE_NAME = "head.marlin.safetensors";

/** Group sizes that the report compares beside the chosen one, those that fit the head. */
const REPORTED_GROUPS: readonly GroupSize[] = [32, 128, "channel"];

/** The head of a safetensors file or model folder as int4 in Marlin's layout; see docs/int4.md for the formats. */
export async function quantise(path: string, options: QuantiseOptions = {}): Promise<QuantiseReport> {
  const start = performance.now();
  const file = options.out === undefined ? undefined : join(options.out, FILE_NAME);
  const replaced = file !== undefined && existsSync(file);
  if (replaced && !options.overwrite) {
    throw new DecodeLabError("FILE_UNWRITABLE", `${file} is there`, { hint: "--overwrite replaces it" });
  }
  const onProgress = options.onProgress ?? (() => {});
  const open = await openHead(path, options.tensor);
  try {
    const { source } = open;
    const states = await hiddenStatesFor(source, options.report);
    const { head, scalesRounded } = await readMarlinHead(open, {
      ...options,
      onProgress: (share) => onProgress("packing", share),
    });
    const sourceSha256 = source.sha256();
    const report = states && (await study(source, states, head, (share) => onProgress("comparing", share)));
    const written = file && { ...(await writeHead(head, sourceSha256, file)), replaced };
    const { name, dtype, shape } = source.found.weight;
    const { format, tied } = source.found;
    return {
      schema: "decode-lab/quantise@1",
      checkpoint: path,
      weight: { name, dtype, shape: [...shape] },
      format,
      tied,
      action: format === "float" ? "quantised" : "repacked",
      vocabSize: head.vocabSize,
      paddedVocabSize: head.paddedVocabSize,
      hiddenSize: head.hiddenSize,
      groupSize: head.groupSize,
      scaleDtype: head.scaleDtype,
      scalesRounded,
      bytes: { weight: head.weight.byteLength, scales: head.scales.byteLength },
      sourceSha256,
      ...(written && { written }),
      ...(report && { report }),
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    await open.close();
  }
}

async function writeHead(head: MarlinHead, sources: Record<string, string>, file: string) {
  const parts = marlinFileParts(head, sources);
  await writeOutputFile(file, parts);
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  const bytes = parts.reduce((total, part) => total + part.byteLength, 0);
  return { file, bytes, sha256: hash.digest("hex") };
}

async function hiddenStatesFor(
  source: HeadSource,
  asked: QuantiseOptions["report"],
): Promise<HiddenStates | undefined> {
  if (asked === undefined || asked === false) return undefined;
  if (source.found.format !== "float") {
    const message = "the head is quantised already: there is no float head to compare it with";
    throw source.refusal("USAGE", message, "--report is for float heads");
  }
  const [, hiddenSize] = matrixShape(source, source.found.weight);
  return asked === true ? normalStates(hiddenSize) : readHiddenStates(asked, hiddenSize);
}

async function study(
  { checkpoint, found }: HeadSource,
  { states, source }: HiddenStates,
  chosen: Pick<MarlinHead, "groupSize" | "scaleDtype">,
  onProgress: (share: number) => void,
): Promise<QuantiseReport["report"]> {
  const again = new HeadSource(checkpoint, found);
  const [vocabSize, hiddenSize] = matrixShape(again, found.weight);
  const sizes = GROUP_SIZES.filter((size) => size === chosen.groupSize || REPORTED_GROUPS.includes(size));
  const fitting = sizes.filter((size) => size === "channel" || (hiddenSize > size && hiddenSize % size === 0));
  const quantisation = new QuantisationStudy(states, hiddenSize, fitting, chosen.scaleDtype);
  for await (const { firstRow, rows, weights } of floatRows(again)) {
    quantisation.addRows(weights);
    onProgress((firstRow + rows) / vocabSize);
  }
  return { ...quantisation.finish(), source };
}
