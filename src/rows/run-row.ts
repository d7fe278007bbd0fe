import { performance } from "node:perf_hooks";
import { type Artifact, loadArtifact } from "../artifact.ts";
import type { Backend } from "../backends/backend.ts";
import { ReferenceBackend } from "../backends/reference.ts";
import type { Kernel } from "../catalogue.ts";
import { COLUMN_HEADINGS } from "../checks/judge-trial.ts";
import { DecodeLabError } from "../errors.ts";
import { countFindings } from "../finding.ts";
import type { CheckRow } from "../report/documents.ts";
import type { FinishedRow } from "../report/finished-row.ts";
import { reportFields } from "../report/report-fields.ts";
import { gatesFor } from "../traffic-gate.ts";
import { caughtAsExpected } from "./exhibit-verdict.ts";
import { judgeSchedules, type RowSubject } from "./judge-schedules.ts";
import type { PlannedRow } from "./plan.ts";

/** Runs rows; keeps the references of each kernel. */
export class RowRunner {
  readonly #backend: Backend;
  readonly #schedules: number;
  readonly #references = new Map<string, Promise<ReferenceBackend>>();

  constructor(backend: Backend, schedules: number) {
    this.#backend = backend;
    this.#schedules = schedules;
  }

  /** Forgets the inputs of a workload that no further row takes. */
  async drop({ subject, workload }: PlannedRow): Promise<void> {
    (await this.#references.get(subject.kernel.folder))?.drop(workload);
  }

  async run(plan: PlannedRow): Promise<FinishedRow> {
    const started = performance.now();
    const { kernel } = plan.subject;
    const reference = await this.#referenceOf(kernel);
    const artifacts = await Promise.all(plan.artifactFiles.map(loadArtifact));
    const { unoptimisedFiles, workload } = plan;
    const unoptimised = unoptimisedFiles?.map((codeFile, i) => ({ ...(artifacts[i] as Artifact), codeFile }));
    const expected = reference.observe(workload);
    const { definition } = kernel;
    const gates = plan.exhibit === undefined ? gatesFor(definition.traffic, plan.subject.name, workload.id) : [];
    const outcome = await this.#judge({ definition, artifacts, unoptimised, workload, expected, gates });
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

  async #judge(subject: RowSubject): Promise<RowOutcome> {
    try {
      const { observation, merged, figures, cells } = await judgeSchedules(this.#backend, subject, this.#schedules);
      return { fields: reportFields(observation, merged), figures, cells };
    } catch (error) {
      if (!(error instanceof DecodeLabError)) throw error;
      return refusedOutcome(error);
    }
  }
}

interface RowOutcome {
  fields: ReturnType<typeof reportFields>;
  figures: Record<string, number>;
  cells: string[];
}

/** A launch that was refused before it ran: a row like any other, with the reason in it. */
function refusedOutcome(error: DecodeLabError): RowOutcome {
  const { status } = error;
  if (status === undefined) throw error;
  const place = error.at === undefined || error.at.line === 0 ? "" : ` (${error.at.file}:${error.at.line})`;
  const reason = `${error.message}${place}`;
  const fields = { status, reason, findings: [], counts: countFindings([]), outputs: {} };
  return { figures: {}, cells: COLUMN_HEADINGS.map(() => "-"), fields };
}

type RowVerdict = Pick<CheckRow, "verdict" | "exhibit" | "expected" | "expectedClass" | "caught">;

function verdictOf(plan: PlannedRow, { fields }: RowOutcome): RowVerdict {
  if (plan.exhibit === undefined) return { verdict: fields.status === "ok" ? "PASS" : "FAIL" };
  const { record, side } = plan.exhibit;
  if (side === "broken") {
    const caught = caughtAsExpected(fields.findings, record.expected);
    const { check, class: expectedClass } = record.expected;
    const verdict = caught ? "PASS" : "FAIL";
    return { verdict, exhibit: record.name, expected: check, ...(expectedClass && { expectedClass }), caught };
  }
  const caught = fields.status !== "ok";
  return { verdict: caught ? "FAIL" : "PASS", exhibit: record.name, expected: null, caught };
}
