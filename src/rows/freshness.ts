import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import type { Artifact } from "../artifact.ts";
import { canonicalJson, sha256 } from "../canonical.ts";
import { loadArtifactIfPresent, type Subject } from "../catalogue.ts";
import { PACKAGE_ROOT } from "../package-root.ts";
import { parameterNames } from "../variant.ts";
import type { PlannedRow } from "./plan.ts";

/** An artifact that does not answer to its source. */
export interface StaleArtifact {
  row: PlannedRow;
  reason: string;
}

/** The artifacts of the rows that are missing, or whose sources, declaration or code have changed since they were made. */
export async function staleArtifacts(rows: readonly PlannedRow[]): Promise<StaleArtifact[]> {
  const byFile = new Map(rows.flatMap((row) => row.artifactFiles.map((file) => [file, row] as const)));
  const checked = await Promise.all(
    [...byFile].map(async ([file, row]) => ({ row, reason: await staleReason(row, file) })),
  );
  return checked.flatMap(({ row, reason }) => (reason === undefined ? [] : [{ row, reason }]));
}

async function staleReason({ subject }: PlannedRow, artifactFile: string): Promise<string | undefined> {
  const name = relative(PACKAGE_ROOT, artifactFile);
  const artifact = await loadArtifactIfPresent(artifactFile);
  if (artifact === undefined) return `${name} is missing`;
  const change = (await sourceChange(subject, artifact)) ?? recipeChange(subject, artifact);
  if (change !== undefined) return `${change} since ${name} was compiled`;
  const code = sha256(await readFile(artifact.codeFile));
  if (code !== artifact.provenance.ptxSha256)
    return `${relative(PACKAGE_ROOT, artifact.codeFile)} is not the code that its record describes`;
  return undefined;
}

/** What became of the source, or of a file that it includes or imports. */
async function sourceChange(subject: Subject, { provenance }: Artifact): Promise<string | undefined> {
  const source = basename(subject.source);
  if (sha256(await readFile(subject.source)) !== provenance.sourceSha256) return `${source} has changed`;
  const root = dirname(dirname(subject.kernel.folder));
  for (const [path, recorded] of Object.entries(provenance.dependencies)) {
    const file = join(root, path);
    if (!existsSync(file)) return `${path}, which ${source} uses, has gone`;
    if (sha256(await readFile(file)) !== recorded) return `${path}, which ${source} uses, has changed`;
  }
  return undefined;
}

function recipeChange(subject: Subject, { provenance }: Artifact): string | undefined {
  if (recipeSha256(subject) === provenance.recipeSha256) return undefined;
  return `the declaration of ${subject.kernel.definition.name}/${subject.name} (its variant or the dtypes of its tensors) has changed`;
}

/** Hash of a variant's declaration and of the dtypes of the tensors among its parameters, as provenance.py computes it. */
function recipeSha256({ kernel: { definition }, variant }: Subject): string {
  const dtypes = parameterNames(variant).flatMap((name) => {
    const tensor = definition.outputs[name] ?? definition.inputs[name] ?? definition.workspaces[name];
    return tensor === undefined ? [] : [[name, definition.dtypes[tensor.dtype] ?? tensor.dtype]];
  });
  return sha256(canonicalJson({ dtypes: Object.fromEntries(dtypes), variant }));
}
