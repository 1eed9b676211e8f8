import { readFileSync } from "node:fs";

import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin } from "vite";

const LOOK = new URL("../../packages/look/", import.meta.url);

/** The icons stand in the document itself: no request for them, none missing when there is no network. */
function icons(): Plugin {
  // Its style element would be an inline style, which the policy forbids; base.css says the same.
  const sprite = readFileSync(new URL("icons.svg", LOOK), "utf8")
    .replace(/<style>.*?<\/style>\s*/s, "")
    .trim();
  return {
    name: "mshield-icons",
    transformIndexHtml: (html) =>
      html.replace(
        "<!--icons-->",
        sprite.replace("<svg ", '<svg width="0" height="0" class="sprite" aria-hidden="true" '),
      ),
  };
}

export default defineConfig({
  base: "/app/",
  plugins: [vue(), icons()],
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  worker: { format: "es" },
  build: {
    outDir: "../../../src/mshield/web/static/app",
    emptyOutDir: true,
    // Dialogs, :has(), IndexedDB with strict durability, WebCrypto in workers: iOS 16.4 and Chrome 111.
    target: ["chrome111", "safari16.4", "firefox121"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
