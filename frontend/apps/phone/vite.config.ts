import vue from "@vitejs/plugin-vue";
import { defineConfig, type InlineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

import { licences } from "../../packages/look/licences.ts";
import { iconSprite, look } from "../../packages/look/vite.ts";
import { manifest } from "./manifest.ts";
import { viewerData } from "./viewer_data.ts";

const { application, workers } = licences();

/** The service worker's own build says no more than the app's, and what it writes is one file. */
function quietly(config: InlineConfig): void {
  config.logLevel = "warn";
  const output = config.build?.rollupOptions?.output;
  if (output && !Array.isArray(output)) {
    delete output.inlineDynamicImports;
    output.codeSplitting = false;
  }
  config.plugins = [config.plugins, licences("licences-worker.json").application];
}

export default defineConfig({
  base: "/app/",
  plugins: [
    vue({ template: { compilerOptions: { isCustomElement: (tag) => tag.startsWith("mshield-") } } }),
    iconSprite(),
    // What the web component draws with.
    look({ icons: ["scan", "pin", "clock", "stop", "wifi-off"] }),
    // What is built in, with its licences, for the screen that tells them.
    application,
    viewerData(),
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src",
      filename: "sw.ts",
      // src/engine/updates.ts does it: under Trusted Types, and after the first screen stands.
      injectRegister: null,
      manifest,
      includeManifestIcons: false,
      integration: { configureCustomSWViteBuild: quietly },
      injectManifest: {
        injectionPoint: "self.shellFiles",
        // The shell and all screens; the scanner's WebAssembly and the viewer of PDFs are kept once they were used.
        globPatterns: ["**/*.{html,js,css,svg}", "licences*.json"],
        globIgnores: ["assets/pdf-*.js", "assets/pdf.worker*.js", "assets/pdfjs-*/**"],
        dontCacheBustURLsMatching: /^assets\//,
      },
    }),
  ],
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  worker: { format: "es", plugins: workers },
  build: {
    outDir: "../../../src/mshield/web/static/app",
    emptyOutDir: true,
    // Dialogs, :has(), IndexedDB with strict durability, WebCrypto in workers: iOS 16.4 and Chrome 111.
    target: ["chrome111", "safari16.4", "firefox121"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What the first screen needs comes in two files and not in twenty: each costs a round trip, and a browser
          // asks for six at a time.
          groups: [
            { name: "vendor", test: /[\\/]node_modules[\\/]/, tags: ["$initial"] },
            { name: "app", tags: ["$initial"] },
            // Some screens use parts of the engine; it stays one file all the same.
            { name: "engine", test: /[\\/](?:packages[\\/](?:shield|gm)|node_modules[\\/]@noble)[\\/]/ },
            // So do the small files that the engine and the screens of a request share.
            {
              name: "shared",
              test: /[\\/](?:engine[\\/](?:app_shield|usual)|drawn[\\/](?:drawer|same_order)|views[\\/]src[\\/]numbers)\.ts$/,
            },
            {
              name: "screens",
              test: /[\\/](?:request[\\/](?:return_address|way_out|words)\.ts$|parts[\\/](?:PageFrame|EmptyState)\.vue)/,
            },
          ],
        },
      },
    },
    reportCompressedSize: false,
  },
});
