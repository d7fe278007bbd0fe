import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // The native fixtures run in processes of their own, under sanitizers several times slower.
    testTimeout: 60_000,
    hookTimeout: 300_000,
  },
});
