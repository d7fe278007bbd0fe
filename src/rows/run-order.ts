import { availableParallelism } from "node:os";
import { mapConcurrently } from "../concurrency.ts";
import type { PlannedRow } from "./plan.ts";

/**
 * Runs rows on every core, those of one workload after each other, and calls `finish` with the last of them, so that
 * its inputs and reference are held no longer than they are needed. Results are in the order of the rows.
 */
export async function runByWorkload<Result>(
  rows: readonly PlannedRow[],
  run: (row: PlannedRow) => Promise<Result>,
  finish: (row: PlannedRow) => Promise<void>,
): Promise<Result[]> {
  const groups = new Map<string, number[]>();
  for (const [index, row] of rows.entries()) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), index]);
  const results: Result[] = new Array(rows.length);
  const left = new Map([...groups].map(([key, indices]) => [key, indices.length]));
  await mapConcurrently([...groups.values()].flat(), availableParallelism(), async (index) => {
    const row = rows[index] as PlannedRow;
    results[index] = await run(row);
    const others = (left.get(keyOf(row)) ?? 0) - 1;
    left.set(keyOf(row), others);
    if (others === 0) await finish(row);
  });
  return results;
}

function keyOf({ subject, workload }: PlannedRow): string {
  return `${subject.kernel.folder} ${workload.id}`;
}
