import type { Kernel } from "../catalogue.ts";
import { brokenConstraint } from "../definition.ts";
import { DecodeLabError } from "../errors.ts";
import { makeInputs, type WorkloadInputs } from "../inputs.ts";
import { loadReferenceModule, type ReferenceModule, type TensorValues } from "../reference-module.ts";
import type { Workload } from "../workload.ts";

/** The inputs of a workload with what reference.ts makes of them. */
export interface ReferenceObservation {
  inputs: WorkloadInputs;
  reference: TensorValues;
  naive: TensorValues;
}

/** The references of one kernel; each workload is computed once, however many variants ask. */
export class ReferenceBackend {
  readonly #kernel: Kernel;
  readonly #module: ReferenceModule;
  readonly #observations = new Map<string, ReferenceObservation>();

  private constructor(kernel: Kernel, module: ReferenceModule) {
    this.#kernel = kernel;
    this.#module = module;
  }

  static async load(kernel: Kernel): Promise<ReferenceBackend> {
    return new ReferenceBackend(kernel, await loadReferenceModule(kernel.folder));
  }

  observe(workload: Workload): ReferenceObservation {
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
    const inputs = makeInputs(definition, this.#module, workload);
    const observation: ReferenceObservation = {
      inputs,
      reference: this.#module.reference(workload.axes, inputs.values),
      naive: this.#module.naive(workload.axes, inputs.values),
    };
    this.#observations.set(workload.id, observation);
    return observation;
  }
}
