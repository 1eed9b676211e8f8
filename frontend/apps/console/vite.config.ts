import vue from "@vitejs/plugin-vue";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import components from "unplugin-vue-components/vite";
import { defineConfig } from "vite";

import { licences } from "../../packages/look/licences.ts";
import { iconSprite } from "../../packages/look/vite.ts";

export default defineConfig({
  base: "/console/",
  plugins: [
    vue(),
    iconSprite(),
    licences().application,
    components({ dts: false, dirs: [], resolvers: [ElementPlusResolver({ importStyle: "css" })] }),
  ],
  define: {
    __VUE_OPTIONS_API__: true, // Element Plus has components of this kind
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    outDir: "../../../src/mshield/server/http/static/console",
    emptyOutDir: true,
    target: ["chrome111", "safari16.4", "firefox121"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
