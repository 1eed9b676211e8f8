import { defineConfig } from "vitest/config";

import { look } from "./packages/look/vite.ts";

export default defineConfig({
  plugins: [look()],
  test: { include: ["{packages,apps}/*/test/**/*.test.ts"], environment: "node" },
});
