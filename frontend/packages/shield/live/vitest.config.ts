import { defineConfig } from "vitest/config";

// Runs against a service whose address tests/frontend/test_shield_engine.py passes.
export default defineConfig({
  test: {
    include: ["packages/shield/live/*.live.ts"],
    environment: "node",
    setupFiles: ["fake-indexeddb/auto"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
