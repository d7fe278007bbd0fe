import { describe, expect, it } from "vitest";
import { mergeVerdicts, type ScheduleVerdict } from "../../src/checks/merge-verdicts.ts";
import type { Status } from "../../src/observation.ts";

function verdict(seed: number, status: Status, outputs: Record<string, string> = {}): ScheduleVerdict {
  return { seed, status, reason: status === "ok" ? "" : `why ${status}`, findings: [], ordered: false, outputs };
}

describe("one verdict on several schedules", () => {
  it("has no mark of schedules or passes where there was one", () => {
    expect(mergeVerdicts([verdict(0, "trapped", { y: "a" })])).toEqual({
      status: "trapped",
      reason: "why trapped",
      findings: [],
      schedules: { count: 1, scope: "every-schedule" },
    });
  });

  it("has the worst status, with its reason and seed", () => {
    const order: Status[] = ["ok", "failed", "timed-out", "deadlocked", "trapped"];
    for (const [i, worst] of order.entries()) {
      const statuses = [...order.slice(0, i), worst, ...order.slice(0, i)];
      const merged = mergeVerdicts(statuses.map((status, seed) => verdict(seed, status)));
      expect(merged.status).toBe(worst);
      expect(merged.reason).toBe(i === 0 ? "" : `why ${worst} (seed ${i})`);
    }
  });

  it("holds for the schedules seen if one of them was decided by its order", () => {
    const merged = mergeVerdicts([verdict(0, "ok"), { ...verdict(1, "ok"), ordered: true }]);
    expect(merged.schedules).toEqual({ count: 2, scope: "schedules-seen" });
  });

  it("names the outputs that differ between schedules that ran to their end", () => {
    const same = { x: "1", y: "2", z: "3" };
    const schedules = [verdict(0, "ok", same), verdict(1, "failed", { ...same, y: "5" })];
    expect(mergeVerdicts(schedules).outputsDiffer).toEqual(["y"]);
    const early = verdict(2, "trapped", { ...same, x: "6", z: "7" });
    expect(mergeVerdicts([early, ...schedules]).outputsDiffer).toEqual(["y"]);
    expect(mergeVerdicts([early, verdict(1, "ok", same), verdict(2, "ok", same)])).not.toHaveProperty("outputsDiffer");
  });
});

it("has the status of each pass, and says which of them the reason comes from", () => {
  const merged = mergeVerdicts([verdict(0, "failed")], [{ ...verdict(0, "deadlocked"), ordered: true }]);
  expect(merged).toMatchObject({
    status: "deadlocked",
    reason: "why deadlocked (unoptimised pass)",
    passStatus: { optimised: "failed", unoptimised: "deadlocked" },
    schedules: { count: 1, scope: "schedules-seen" },
  });
});
