import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { mapConcurrently } from "../../src/concurrency.ts";

it("keeps the order of the items and the limit", async () => {
  let underWay = 0;
  let most = 0;
  const results = await mapConcurrently([5, 1, 3, 0], 2, async (milliseconds) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await sleep(milliseconds);
    underWay -= 1;
    return milliseconds * 10;
  });
  expect(results).toEqual([50, 10, 30, 0]);
  expect(most).toBe(2);
});

it("rejects with the first failure", async () => {
  const failing = mapConcurrently([1, 2], 2, async (item) => {
    throw new Error(`item ${item}`);
  });
  await expect(failing).rejects.toThrow("item 1");
});
