import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

import { licences } from "../../packages/look/licences.ts";
import { iconSprite } from "../../packages/look/vite.ts";

const { application, workers } = licences();

export default defineConfig({
  base: "/verify/",
  plugins: [vue(), iconSprite(), application],
  worker: { format: "es", plugins: workers },
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    outDir: "../../../src/mshield/server/http/static/verify",
    emptyOutDir: true,
    target: ["chrome111", "safari16.4", "firefox121"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
