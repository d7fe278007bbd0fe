import type { NativeResult } from "../native/addon.ts";
import type { BufferUse, Observation, Traffic } from "../observation.ts";

export interface StageResult {
  /** Undefined: the variant has no other. */
  stage: string | undefined;
  result: NativeResult;
}

type Joined = Required<
  Pick<
    Observation,
    | "status"
    | "reason"
    | "findings"
    | "prints"
    | "instructions"
    | "laneOperations"
    | "wallSeconds"
    | "ordered"
    | "traffic"
    | "buffers"
  >
>;

/** The stages of a launch as one: counts added, the status of the last that ran unless an earlier one failed. */
export function joinStages(stages: readonly StageResult[]): Joined {
  const results = stages.map(({ result }) => result);
  const last = stages.at(-1);
  if (last === undefined) throw new Error("a variant has a launch");
  const { status, reason } = last.result;
  const failed = results.some((result) => result.status === "failed");
  return {
    status: status === "ok" && failed ? "failed" : status,
    reason: reason === "" || last.stage === undefined ? reason : `${reason} (stage ${last.stage})`,
    findings: results.flatMap(({ findings }) => findings),
    prints: results.flatMap(({ prints }) => prints),
    instructions: sum(results.map(({ instructions }) => instructions)),
    laneOperations: sum(results.map(({ laneOperations }) => laneOperations)),
    wallSeconds: sum(results.map(({ wallSeconds }) => wallSeconds)),
    ordered: results.some(({ ordered }) => ordered),
    traffic: joinTraffic(results.map(({ traffic }) => traffic)),
    buffers: joinBuffers(results.flatMap(({ buffers }) => buffers)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function joinTraffic(parts: readonly Traffic[]): Traffic {
  return parts.reduce((total, part) => ({
    global: addEach(total.global, part.global),
    shared: addEach(total.shared, part.shared),
  }));
}

function addEach<Counts extends Record<string, number>>(left: Counts, right: Counts): Counts {
  return Object.fromEntries(Object.entries(left).map(([name, count]) => [name, count + (right[name] ?? 0)])) as Counts;
}

/** One entry a name: sectors add up; of distinct bytes the most that one stage touched; what is still unwritten is the last stage's. */
function joinBuffers(uses: readonly BufferUse[]): BufferUse[] {
  const byName = new Map<string, BufferUse>();
  for (const use of uses) {
    const earlier = byName.get(use.name);
    byName.set(use.name, earlier === undefined ? use : joinUses(earlier, use));
  }
  return [...byName.values()];
}

function joinUses(earlier: BufferUse, later: BufferUse): BufferUse {
  return {
    ...later,
    bytesRead: Math.max(earlier.bytesRead, later.bytesRead),
    bytesWritten: Math.max(earlier.bytesWritten, later.bytesWritten),
    loadSectors: earlier.loadSectors + later.loadSectors,
    storeSectors: earlier.storeSectors + later.storeSectors,
  };
}
