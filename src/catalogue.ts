import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Artifact, artifactName, loadArtifact } from "./artifact.ts";
import { type Definition, dtypesFor, loadDefinition } from "./definition.ts";
import { DecodeLabError } from "./errors.ts";
import { type Exhibit, type ExhibitSide, exhibitSchema } from "./exhibit.ts";
import { KERNELS_FOLDER } from "./package-root.ts";
import { readRecord } from "./record-file.ts";
import { type Specialisation, stageNames, type Variant } from "./variant.ts";
import type { Workload } from "./workload.ts";

/** One kernel folder. */
export interface Kernel {
  folder: string;
  definition: Definition;
}

/** Names of the kernel folders: those with a definition.json. */
export async function kernelNames(root: string = KERNELS_FOLDER): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(root, entry.name, "definition.json")))
    .map((entry) => entry.name)
    .sort();
}

export async function loadKernel(name: string, root: string = KERNELS_FOLDER): Promise<Kernel> {
  const folder = join(root, name);
  const file = join(folder, "definition.json");
  const definition = await loadDefinition(file);
  if (definition.name !== name) {
    throw new DecodeLabError("SCHEMA", `the name is \`${definition.name}\`, the folder's is \`${name}\``, {
      at: { file, line: 0 },
    });
  }
  return { folder, definition };
}

/** Something that can be compiled and judged: a variant of a kernel, or one side of an exhibit. */
export interface Subject {
  kernel: Kernel;
  /** `triton`, or `exhibits/<name>/broken`. */
  name: string;
  variant: Variant;
  source: string;
  artifactFolder: string;
}

export function variantSubjects(kernel: Kernel): Subject[] {
  return Object.entries(kernel.definition.variants).map(([name, variant]) => {
    if (variant.source === undefined) {
      throw new DecodeLabError("SCHEMA", `variant ${name} of ${kernel.definition.name} names no source`);
    }
    const source = join(kernel.folder, variant.source);
    refuseMissing(source, kernel, name);
    return {
      kernel,
      name,
      variant,
      source,
      artifactFolder: join(kernel.folder, "artifacts"),
    };
  });
}

function refuseMissing(source: string, kernel: Kernel, name: string): void {
  if (existsSync(source)) return;
  throw new DecodeLabError("SCHEMA", `there is no source ${source} of ${kernel.definition.name}/${name}`, {
    at: { file: join(kernel.folder, "definition.json"), line: 0 },
  });
}

/** Whether the text is `OP`, `OP/VARIANT` or `OP/EXHIBIT` of a kernel folder. */
export async function namesSubject(text: string): Promise<boolean> {
  const [op = "", ...rest] = text.split("/");
  if (!(await kernelNames()).includes(op)) return false;
  if (rest.length === 0) return true;
  const kernel = await loadKernel(op);
  const exhibits = await loadExhibits(kernel);
  const names = [...Object.keys(kernel.definition.variants), ...exhibits.map(({ name }) => name)];
  return names.includes(rest.join("/"));
}

export async function loadExhibits(kernel: Kernel): Promise<Exhibit[]> {
  const folder = join(kernel.folder, "exhibits");
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  return Promise.all(
    names
      .map((entry) => join(folder, entry.name, "exhibit.json"))
      .sort()
      .map((file) => readRecord(file, exhibitSchema)),
  );
}

export function exhibitSubject(kernel: Kernel, exhibit: Exhibit, side: ExhibitSide): Subject {
  const folder = join(kernel.folder, "exhibits", exhibit.name);
  const extension = exhibit.variant.language === "triton" ? "py" : "cu";
  const source = join(folder, `${side}.${extension}`);
  const name = `exhibits/${exhibit.name}/${side}`;
  refuseMissing(source, kernel, name);
  return {
    kernel,
    name,
    variant: exhibit.variant,
    source,
    artifactFolder: join(folder, "artifacts"),
  };
}

/** Record files of the artifacts that serve the workload on the target, one a stage; none where no specialisation fits. */
export function artifactFiles(subject: Subject, target: string, workload: Workload): string[] {
  const { variant, kernel, artifactFolder, name } = subject;
  const fitting = variant.specialisations.find((candidate) => fits(candidate, kernel.definition, workload));
  if (fitting === undefined) return [];
  return stageNames(variant).map((stage) =>
    join(artifactFolder, `${artifactName(name, stage, fitting.name, target)}.json`),
  );
}

/** Whether code compiled for the specialisation may run on the workload. */
function fits({ axes, dtypes }: Specialisation, definition: Definition, workload: Workload): boolean {
  if (!Object.entries(axes).every(([name, value]) => workload.axes[name] === value)) return false;
  const wanted = dtypesFor(definition, workload.dtypes);
  return Object.entries(dtypesFor(definition, dtypes)).every(([name, dtype]) => wanted[name] === dtype);
}

export function loadArtifactIfPresent(recordFile: string): Promise<Artifact> | undefined {
  return existsSync(recordFile) ? loadArtifact(recordFile) : undefined;
}

export function workloadNamed(definition: Definition, id: string): Workload {
  const workload = definition.workloads.find((candidate) => candidate.id === id);
  if (workload !== undefined) return workload;
  throw new DecodeLabError("USAGE", `${definition.name} has no workload \`${id}\``, {
    hint: `it has ${definition.workloads.map((candidate) => candidate.id).join(", ")}`,
  });
}
