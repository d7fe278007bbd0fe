import { join } from "node:path";
import type { Kernel } from "../catalogue.ts";
import { brokenConstraint, elementCount, isPresent, shapeFor } from "../definition.ts";
import { DecodeLabError } from "../errors.ts";
import { inputModified, lendInput, makeInputs, type WorkloadInputs } from "../inputs.ts";
import { faultOf, loadReferenceModule, type ReferenceModule, type TensorValues } from "../reference-module.ts";
import type { Workload } from "../workload.ts";

/** The inputs of one launch of a workload with what reference.ts makes of them. */
export interface ReferenceObservation {
  inputs: WorkloadInputs;
  reference: TensorValues;
  naive: TensorValues;
}

/** The references of one kernel; each workload is computed once, however many variants ask, until it is dropped. */
export class ReferenceBackend {
  readonly #kernel: Kernel;
  readonly #module: ReferenceModule;
  readonly #observations = new Map<string, ReferenceObservation[]>();

  private constructor(kernel: Kernel, module: ReferenceModule) {
    this.#kernel = kernel;
    this.#module = module;
  }

  static async load(kernel: Kernel): Promise<ReferenceBackend> {
    return new ReferenceBackend(kernel, await loadReferenceModule(kernel.folder));
  }

  /** One a launch. */
  observe(workload: Workload): ReferenceObservation[] {
    const known = this.#observations.get(workload.id);
    if (known !== undefined) return known;
    const { definition } = this.#kernel;
    const broken = brokenConstraint(definition, workload.axes);
    if (broken !== undefined) {
      throw new DecodeLabError(
        "SCHEMA",
        `workload ${workload.id} of ${definition.name} breaks the constraint \`${broken}\``,
      );
    }
    const observations = Array.from({ length: workload.launches }, (_, launch) =>
      this.#observeLaunch(workload, launch),
    );
    this.#observations.set(workload.id, observations);
    return observations;
  }

  /** Forgets a workload, which may hold a gigabyte. */
  drop(workload: Workload): void {
    this.#observations.delete(workload.id);
  }

  #observeLaunch(workload: Workload, launch: number): ReferenceObservation {
    const inputs = this.#inputs(workload, launch);
    return {
      inputs,
      reference: this.#outputs("reference", workload, inputs),
      naive: this.#outputs("naive", workload, inputs),
    };
  }

  #inputs(workload: Workload, launch: number): WorkloadInputs {
    const { definition, folder } = this.#kernel;
    try {
      const inputs = makeInputs(definition, this.#module, workload, launch);
      this.#tryDerived(inputs, workload);
      return inputs;
    } catch (error) {
      throw faultOf(`no inputs for workload ${workload.id}`, join(folder, "definition.json"), error);
    }
  }

  /** Derives each table once, which keeps it for the runs to come. */
  #tryDerived(inputs: WorkloadInputs, { id }: Workload): void {
    for (const name of Object.keys(this.#module.derivedInputs ?? {}).filter((each) => inputs.tensors.has(each))) {
      try {
        inputModified(inputs, name, lendInput(inputs, name), 0);
      } catch (error) {
        const file = join(this.#kernel.folder, "reference.ts");
        throw faultOf(`derivedInputs.${name} of reference.ts on workload ${id}`, file, error);
      }
    }
  }

  /** What one of the two functions yields, with every output at its length. */
  #outputs(name: "reference" | "naive", { id, axes }: Workload, { values, context }: WorkloadInputs): TensorValues {
    const { definition, folder } = this.#kernel;
    const file = join(folder, "reference.ts");
    try {
      const outputs: TensorValues | undefined = this.#module[name](axes, values, context);
      for (const [output, declared] of Object.entries(definition.outputs)) {
        if (!isPresent(declared, axes)) continue;
        const found = outputs?.[output]?.length ?? "no";
        const wanted = elementCount(shapeFor(declared.shape, axes));
        if (found === wanted) continue;
        throw new Error(`it yields ${found} values for output \`${output}\`, its shape takes ${wanted}`);
      }
      return outputs;
    } catch (error) {
      throw faultOf(`${name}() of reference.ts on workload ${id}`, file, error);
    }
  }
}
