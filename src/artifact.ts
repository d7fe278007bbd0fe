import { basename } from "node:path";
import { z } from "zod";
import { DTYPE_NAMES } from "./dtype.ts";
import { readRecord } from "./record-file.ts";
import { launchRuleSchema, specialisationSchema, subjectName } from "./variant.ts";

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

const parameterSchema = z.discriminatedUnion("kind", [
  z.strictObject({ name: z.string(), kind: z.literal("buffer") }),
  z.strictObject({
    name: z.string(),
    kind: z.literal("scalar"),
    dtype: z.enum(DTYPE_NAMES),
    value: z.string().optional().describe("CEL over the axes; default the axis or scalar input of its name"),
  }),
  z.strictObject({ name: z.string(), kind: z.literal("null") }),
]);

export type ArtifactParameter = z.output<typeof parameterSchema>;

/** Compiled code and how to launch it; the code itself lies beside the record, with the extension of its language. */
export const artifactSchema = z.strictObject({
  schema: z.literal("decode-lab/artifact@1"),
  op: z.string(),
  variant: z.string(),
  stage: subjectName.optional().describe("which of the variant's launches"),
  specialisation: specialisationSchema,
  language: z.literal("ptx"),
  entry: z.string(),
  target: z.string(),
  parameters: z.array(parameterSchema).describe("those of the PTX signature, in order"),
  launch: launchRuleSchema,
  resources: z
    .strictObject({
      registers: z.int().nonnegative().describe("of a thread"),
      sharedBytes: z.int().nonnegative().describe("static"),
      stackBytes: z.int().nonnegative(),
      spillStoreBytes: z.int().nonnegative(),
      spillLoadBytes: z.int().nonnegative(),
      assembler: z.string().describe("ptxas that said so"),
    })
    .describe("of the code that ptxas makes for the target"),
  provenance: z.strictObject({
    compiler: z.enum(["triton", "nvcc"]),
    version: z.string(),
    flags: z.union([z.record(z.string(), z.unknown()), z.array(z.string())]),
    source: z.string(),
    sourceSha256: sha256Schema,
    recipeSha256: sha256Schema.describe("of the canonical JSON of the variant's declaration and its tensors' dtypes"),
    dependencies: z
      .record(z.string(), sha256Schema)
      .describe("local files that the source includes or imports: path relative to kernels/ and SHA-256"),
    ptxSha256: sha256Schema,
  }),
});

export type ArtifactRecord = z.output<typeof artifactSchema>;

/** An artifact record with the path of its code. */
export interface Artifact extends ArtifactRecord {
  codeFile: string;
}

/** `<variant>[-<stage>].<specialisation>.<target>`, the file name of an artifact without extension. */
export function artifactName(
  variant: string,
  stage: string | undefined,
  specialisation: string,
  target: string,
): string {
  const name = stage === undefined ? basename(variant) : `${basename(variant)}-${stage}`;
  return `${name}.${specialisation}.${target}`;
}

export async function loadArtifact(recordFile: string): Promise<Artifact> {
  const record = await readRecord(recordFile, artifactSchema);
  return { ...record, codeFile: recordFile.replace(/\.json$/, `.${record.language}`) };
}
