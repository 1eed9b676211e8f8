import vue from "@vitejs/plugin-vue";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import components from "unplugin-vue-components/vite";
import { defineConfig } from "vitest/config";

import { look } from "./packages/look/vite.ts";

export default defineConfig({
  plugins: [
    vue({ template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith("mshield-") } } }),
    components({ dts: false, dirs: [], resolvers: [ElementPlusResolver({ importStyle: false })] }),
    look(),
  ],
  test: {
    include: ["{packages,apps}/*/test/**/*.test.ts"],
    environment: "node",
    setupFiles: ["./vitest.setup.ts"],
    testTimeout: 30_000, // a busy machine takes its time
  },
});
