import {
  artifactFiles,
  exhibitSubject,
  type Kernel,
  kernelNames,
  loadExhibits,
  loadKernel,
  type Subject,
  variantSubjects,
  workloadNamed,
} from "../catalogue.ts";
import { DecodeLabError } from "../errors.ts";
import { EXHIBIT_SIDES, type Exhibit, type ExhibitSide } from "../exhibit.ts";
import type { Workload } from "../workload.ts";

/** One row of the table to be: a subject compiled for a target, on a workload. */
export interface PlannedRow {
  subject: Subject;
  target: string;
  workload: Workload;
  /** One a stage, in their order. */
  artifactFiles: string[];
  /** The same source compiled without optimisation, for a second pass. */
  unoptimisedFiles?: string[];
  exhibit?: { record: Exhibit; side: ExhibitSide };
}

export interface Selection {
  /** `OP` or `OP/VARIANT`; empty: everything. */
  selectors: readonly string[];
  target?: string | undefined;
  workload?: string | undefined;
  quick: boolean;
  /** With the workloads marked full. */
  full?: boolean;
  exhibits: boolean;
}

/** The rows that the selection names, in the order of the definitions; USAGE where a name does not exist. */
export async function planRows(selection: Selection, root?: string): Promise<PlannedRow[]> {
  const chosen = await chosenKernels(selection.selectors, root);
  refuseUnknownWorkload(chosen, selection);
  const rows: PlannedRow[] = [];
  for (const choice of chosen) {
    const { kernel, variant } = choice;
    const planned = selection.exhibits ? await exhibitRows(choice) : variantRows(kernel, variant, selection);
    rows.push(...planned.filter((row) => selection.target === undefined || row.target === selection.target));
  }
  if (rows.length > 0) return rows;
  throw new DecodeLabError("USAGE", "no row fits this selection", { hint: "`decode-lab check` alone runs every row" });
}

interface Choice {
  kernel: Kernel;
  variant: string | undefined;
  /** By a selector. */
  named: boolean;
}

async function chosenKernels(selectors: readonly string[], root?: string): Promise<Choice[]> {
  const names = await kernelNames(root);
  const wanted = selectors.length === 0 ? names : selectors;
  return Promise.all(
    wanted.map(async (selector) => {
      const [op = "", ...rest] = selector.split("/");
      if (!names.includes(op)) {
        throw new DecodeLabError("USAGE", `no kernel \`${op}\``, { hint: `there are ${names.join(", ")}` });
      }
      const variant = rest.length === 0 ? undefined : rest.join("/");
      return { kernel: await loadKernel(op, root), variant, named: selectors.length > 0 };
    }),
  );
}

/** Of several kernels, those run that have the workload. */
function refuseUnknownWorkload(chosen: readonly Choice[], { workload, exhibits }: Selection): void {
  if (workload === undefined || exhibits) return;
  if (chosen.some(({ kernel }) => kernel.definition.workloads.some(({ id }) => id === workload))) return;
  const [first] = chosen;
  if (chosen.length === 1 && first !== undefined) workloadNamed(first.kernel.definition, workload);
  const names = chosen.map(({ kernel }) => kernel.definition.name).join(", ");
  throw new DecodeLabError("USAGE", `none of ${names} has a workload \`${workload}\``, {
    hint: "`decode-lab check OP --workload none` lists those of one kernel",
  });
}

function variantRows(kernel: Kernel, variant: string | undefined, selection: Selection): PlannedRow[] {
  const subjects = variantSubjects(kernel).filter(({ name }) => variant === undefined || name === variant);
  if (subjects.length === 0) {
    throw new DecodeLabError("USAGE", `${kernel.definition.name} has no variant \`${variant}\``, {
      hint: `it has ${Object.keys(kernel.definition.variants).join(", ")}`,
    });
  }
  const workloads = chosenWorkloads(kernel, selection);
  return subjects.flatMap((subject) =>
    subject.variant.targets.flatMap((target) =>
      workloads.flatMap((workload) => rowIfFitting(subject, target, workload)),
    ),
  );
}

function chosenWorkloads({ definition }: Kernel, { workload, quick, full = false }: Selection): Workload[] {
  if (workload !== undefined) return definition.workloads.filter(({ id }) => id === workload);
  return definition.workloads.filter((candidate) => (quick ? candidate.quick : full || !candidate.full));
}

/** A kernel without exhibits has no rows, which is an error only where a selector names it. */
async function exhibitRows({ kernel, variant: name, named }: Choice): Promise<PlannedRow[]> {
  const all = await loadExhibits(kernel);
  const exhibits = all.filter((exhibit) => name === undefined || exhibit.name === name);
  if (exhibits.length === 0 && named) throw noExhibit(kernel.definition.name, name, all);
  return exhibits.flatMap((record) =>
    EXHIBIT_SIDES.flatMap((side) => {
      const workload = workloadNamed(kernel.definition, record.workload);
      const rows = rowIfFitting(exhibitSubject(kernel, record, side), record.target, workload);
      return rows.map((row) => ({ ...row, exhibit: { record, side } }));
    }),
  );
}

function noExhibit(op: string, name: string | undefined, all: readonly Exhibit[]): DecodeLabError {
  if (all.length === 0) {
    return new DecodeLabError("USAGE", `${op} has no exhibits`, {
      hint: "`decode-lab check --exhibits` alone runs all",
    });
  }
  const hint = `it has ${all.map((exhibit) => exhibit.name).join(", ")}`;
  return new DecodeLabError("USAGE", `${op} has no exhibit \`${name}\``, { hint });
}

function rowIfFitting(subject: Subject, target: string, workload: Workload): PlannedRow[] {
  const files = artifactFiles(subject, target, workload);
  return files.length === 0 ? [] : [{ subject, target, workload, artifactFiles: files }];
}
