import type { QuantiseReport } from "./quantise-document.ts";
import { tableText } from "./table.ts";
import type { Terminal } from "./terminal.ts";

/** What `quantise` prints: what was read, what was made of it, and with --report what that costs; at most 100 columns. */
export function quantiseText(document: QuantiseReport, terminal: Terminal): string {
  const costs = document.report === undefined ? "" : `\n${reportText(document.report, terminal)}`;
  return `${summaryText(document)}\n${costs}`;
}

function summaryText(document: QuantiseReport): string {
  const { weight, vocabSize, paddedVocabSize, hiddenSize, groupSize, scaleDtype, bytes, written } = document;
  const padding = paddedVocabSize === vocabSize ? "" : `, vocab padded to ${paddedVocabSize}`;
  const rounded = document.scalesRounded === 0 ? "" : `, ${document.scalesRounded} of them rounded`;
  const groups = groupSize === "channel" ? "per channel" : `group size ${groupSize}`;
  const bits = ((8 * (bytes.weight + bytes.scales)) / (paddedVocabSize * hiddenSize)).toFixed(3);
  return tableText(
    [
      ["head", `${weight.name}${document.tied ? " (tied)" : ""}`],
      ["", `${weight.dtype} [${weight.shape.join(", ")}], ${document.format}`],
      [document.action, `int4, ${groups}, ${scaleDtype} scales${rounded}${padding}`],
      ["", `${bytes.weight + bytes.scales} bytes, ${bits} bits a weight`],
      written === undefined
        ? ["written", "nothing: --out FOLDER writes head.marlin.safetensors"]
        : [written.replaced ? "replaced" : "written", written.file],
    ],
    ["left", "left"],
  );
}

function reportText(report: NonNullable<QuantiseReport["report"]>, terminal: Terminal): string {
  const { hiddenStates, source, margin, groups } = report;
  const states =
    "file" in source
      ? `${hiddenStates} hidden states`
      : `${hiddenStates} hidden states of independent normal numbers (seed ${source.seed}), not a model's own`;
  const bins = groups[0]?.margins.map(({ below }) => (below === undefined ? "more" : `<${below}`)) ?? [];
  const rows = groups.map((group) => [
    String(group.groupSize),
    `${group.agreeing}/${hiddenStates}`,
    figure(group.rmsLogitError),
    figure(group.maxLogitError),
    ...group.margins.map((bin) => (bin.hiddenStates === 0 ? "." : `${bin.changed}/${bin.hiddenStates}`)),
  ]);
  return [
    terminal.paint("bold", "What quantisation costs, apart from any kernel"),
    `on ${states};`,
    `margin of the float head's largest logit: median ${figure(margin.median)}, least ${figure(margin.least)}`,
    "",
    tableText(
      [["group size", "arg-max agrees", "rms error", "max error", ...bins], ...rows],
      ["left", "right", "right", "right", ...bins.map(() => "right" as const)],
    ),
    "errors are of logits; right of them arg-max changed/hidden states, by margin over rms error",
    "",
  ].join("\n");
}

function figure(value: number): string {
  return value === 0 ? "0" : value.toPrecision(3);
}
