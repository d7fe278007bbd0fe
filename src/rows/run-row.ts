import { performance } from "node:perf_hooks";
import { type Artifact, loadArtifact } from "../artifact.ts";
import type { Backend } from "../backends/backend.ts";
import { observe } from "../backends/observe.ts";
import { ReferenceBackend, type ReferenceObservation } from "../backends/reference.ts";
import type { Kernel } from "../catalogue.ts";
import type { ExpectedOutput } from "../checks/check.ts";
import { COLUMN_HEADINGS, judgeTrial, type TrialVerdict } from "../checks/judge-trial.ts";
import { type Definition, shapeFor } from "../definition.ts";
import { DecodeLabError } from "../errors.ts";
import { countFindings } from "../finding.ts";
import type { CheckRow } from "../report/documents.ts";
import type { FinishedRow } from "../report/finished-row.ts";
import { reportFields } from "../report/report-fields.ts";
import type { Workload } from "../workload.ts";
import { caughtAsExpected } from "./exhibit-verdict.ts";
import type { PlannedRow } from "./plan.ts";

/** Runs rows; keeps the references of each kernel. */
export class RowRunner {
  readonly #backend: Backend;
  readonly #references = new Map<string, Promise<ReferenceBackend>>();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  async run(plan: PlannedRow): Promise<FinishedRow> {
    const started = performance.now();
    const { kernel } = plan.subject;
    const reference = await this.#referenceOf(kernel);
    const artifact = await loadArtifact(plan.artifactFile);
    const outcome = await this.#judge(kernel.definition, artifact, plan.workload, reference.observe(plan.workload));
    const verdict = verdictOf(plan, outcome);
    const record: CheckRow = {
      op: kernel.definition.name,
      variant: plan.subject.name,
      target: plan.target,
      workload: plan.workload.id,
      seconds: (performance.now() - started) / 1000,
      backend: this.#backend.name,
      ...outcome.fields,
      figures: outcome.figures,
      ...verdict,
    };
    return { record, cells: outcome.cells };
  }

  #referenceOf(kernel: Kernel): Promise<ReferenceBackend> {
    const known = this.#references.get(kernel.folder);
    if (known !== undefined) return known;
    const loading = ReferenceBackend.load(kernel);
    this.#references.set(kernel.folder, loading);
    return loading;
  }

  async #judge(
    definition: Definition,
    artifact: Artifact,
    workload: Workload,
    expected: ReferenceObservation,
  ): Promise<RowOutcome> {
    try {
      const observation = await observe(this.#backend, definition, artifact, workload, expected.inputs);
      const verdict = judgeTrial({ observation, outputs: expectedOutputs(definition, workload, expected) });
      return { ...verdict, fields: reportFields(observation, verdict) };
    } catch (error) {
      if (!(error instanceof DecodeLabError)) throw error;
      return refusedOutcome(error);
    }
  }
}

interface RowOutcome extends TrialVerdict {
  fields: ReturnType<typeof reportFields>;
}

/** A launch that was refused before it ran: a row like any other, with the reason in it. */
function refusedOutcome(error: DecodeLabError): RowOutcome {
  const { status } = error;
  if (status === undefined) throw error;
  const place = error.at === undefined || error.at.line === 0 ? "" : ` (${error.at.file}:${error.at.line})`;
  const reason = `${error.message}${place}`;
  const fields = { status, reason, findings: [], counts: countFindings([]), outputs: {} };
  return { status, findings: [], figures: {}, cells: COLUMN_HEADINGS.map(() => "-"), fields };
}

function expectedOutputs(definition: Definition, workload: Workload, expected: ReferenceObservation): ExpectedOutput[] {
  return Object.entries(definition.outputs).map(([name, { dtype, shape }]) => ({
    name,
    dtype,
    shape: shapeFor(shape, workload.axes),
    reference: valuesOf(expected.reference, name),
    naive: valuesOf(expected.naive, name),
  }));
}

function valuesOf(outputs: Record<string, Float64Array>, name: string): Float64Array {
  const values = outputs[name];
  if (values === undefined) throw new DecodeLabError("SCHEMA", `reference.ts yields no output \`${name}\``);
  return values;
}

type RowVerdict = Pick<CheckRow, "verdict" | "exhibit" | "expected" | "expectedClass" | "caught">;

function verdictOf(plan: PlannedRow, outcome: RowOutcome): RowVerdict {
  if (plan.exhibit === undefined) return { verdict: outcome.status === "ok" ? "PASS" : "FAIL" };
  const { record, side } = plan.exhibit;
  if (side === "broken") {
    const caught = caughtAsExpected(outcome, record.expected);
    const { check, class: expectedClass } = record.expected;
    const verdict = caught ? "PASS" : "FAIL";
    return { verdict, exhibit: record.name, expected: check, ...(expectedClass && { expectedClass }), caught };
  }
  const caught = outcome.status !== "ok";
  return { verdict: caught ? "FAIL" : "PASS", exhibit: record.name, expected: null, caught };
}
