import { defineConfig } from "vitest/config";

// Against a running service, whose address tests/frontend/test_shield_engine.py gives.
export default defineConfig({
  test: {
    include: ["packages/shield/live/*.live.ts"],
    environment: "node",
    setupFiles: ["fake-indexeddb/auto"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
