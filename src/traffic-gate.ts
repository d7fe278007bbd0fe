import { z } from "zod";

const where = {
  workloads: z.array(z.string()).optional().describe("ids; default all"),
  variants: z.array(z.string()).optional().describe("names; default all"),
};

/** A limit on what a kernel may move. */
export const trafficGateSchema = z.union([
  z.strictObject({
    buffer: z.string(),
    limit: z.number().min(1).describe("bytes of the sectors loaded from it, as a multiple of its distinct bytes read"),
    ...where,
  }),
  z.strictObject({
    conflictRatio: z.number().nonnegative().describe("bank conflicts as a share of shared-memory wavefronts"),
    ...where,
  }),
]);

export type TrafficGate = z.output<typeof trafficGateSchema>;

/** The gates that hold for a variant on a workload; an exhibit's name is no variant's. */
export function gatesFor(gates: readonly TrafficGate[], variant: string, workload: string): TrafficGate[] {
  return gates.filter(
    (gate) => (gate.variants?.includes(variant) ?? true) && (gate.workloads?.includes(workload) ?? true),
  );
}
