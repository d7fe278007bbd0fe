import { readFile } from "node:fs/promises";
import { basename, relative } from "node:path";
import { sha256 } from "../canonical.ts";
import { loadArtifactIfPresent } from "../catalogue.ts";
import { PACKAGE_ROOT } from "../package-root.ts";
import type { PlannedRow } from "./plan.ts";

/** An artifact that does not answer to its source. */
export interface StaleArtifact {
  row: PlannedRow;
  reason: string;
}

/** The artifacts of the rows that are missing, or whose source or code has changed since they were made. */
export async function staleArtifacts(rows: readonly PlannedRow[]): Promise<StaleArtifact[]> {
  const byFile = new Map(rows.map((row) => [row.artifactFile, row]));
  const checked = await Promise.all([...byFile.values()].map(async (row) => ({ row, reason: await staleReason(row) })));
  return checked.flatMap(({ row, reason }) => (reason === undefined ? [] : [{ row, reason }]));
}

async function staleReason({ artifactFile, subject }: PlannedRow): Promise<string | undefined> {
  const name = relative(PACKAGE_ROOT, artifactFile);
  const artifact = await loadArtifactIfPresent(artifactFile);
  if (artifact === undefined) return `${name} is missing`;
  const source = sha256(await readFile(subject.source));
  if (source !== artifact.provenance.sourceSha256)
    return `${basename(subject.source)} has changed since ${name} was compiled`;
  const code = sha256(await readFile(artifact.codeFile));
  if (code !== artifact.provenance.ptxSha256)
    return `${relative(PACKAGE_ROOT, artifact.codeFile)} is not the code that its record describes`;
  return undefined;
}
