import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";

import { look } from "./packages/look/vite.ts";

export default defineConfig({
  plugins: [vue(), look()],
  test: {
    include: ["{packages,apps}/*/test/**/*.test.ts"],
    environment: "node",
    testTimeout: 30_000, // a busy machine takes its time
  },
});
