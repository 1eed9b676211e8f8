/** Build of a desk application: Vue, the look's icons in the document, Element Plus imported as used. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

import vue from "@vitejs/plugin-vue";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import components from "unplugin-vue-components/vite";
import type { PluginOption, UserConfig } from "vite";

import { licences } from "../look/licences.ts";
import { iconSprite } from "../look/vite.ts";

const STATIC = fileURLToPath(new URL("../../../src/mshield/server/http/static", import.meta.url));

/** Returns the configuration of the application served at `/NAME/`. */
export function deskApp(name: string, ...plugins: PluginOption[]): UserConfig {
  return {
    base: `/${name}/`,
    plugins: [
      vue({ template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith("mshield-") } } }),
      iconSprite(),
      licences().application,
      components({ dts: false, dirs: [], resolvers: [ElementPlusResolver({ importStyle: "css" })] }),
      ...plugins,
    ],
    define: {
      __VUE_OPTIONS_API__: true, // Element Plus has components of this kind
      __VUE_PROD_DEVTOOLS__: false,
      __VUE_I18N_FULL_INSTALL__: false,
      __VUE_I18N_LEGACY_API__: false,
      __INTLIFY_PROD_DEVTOOLS__: false,
    },
    build: {
      outDir: join(STATIC, name),
      emptyOutDir: true,
      target: ["chrome111", "safari16.4", "firefox121"],
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  };
}
