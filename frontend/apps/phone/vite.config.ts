import vue from "@vitejs/plugin-vue";
import { defineConfig, type InlineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";

import { licences } from "../../packages/look/licences.ts";
import { iconSprite, look } from "../../packages/look/vite.ts";
import { manifest } from "./manifest.ts";
import { viewerData } from "./viewer_data.ts";

const { application, workers } = licences();

/** Sets the service worker's own build to log only warnings, like the app's, and to write one file. */
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
    // Icons used by the web component.
    look({ icons: ["scan", "pin", "clock", "stop", "wifi-off"] }),
    // Emits the list of included packages with their licences, for the screen that shows it.
    application,
    viewerData(),
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src",
      filename: "sw.ts",
      // src/engine/updates.ts registers it, to satisfy Trusted Types and to wait for the first screen.
      injectRegister: null,
      manifest,
      includeManifestIcons: false,
      integration: { configureCustomSWViteBuild: quietly },
      injectManifest: {
        injectionPoint: "self.shellFiles",
        // The shell and all screens. The scanner's WebAssembly and the PDF viewer are cached at first use.
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
    outDir: "../../../src/mshield/server/http/static/app",
    emptyOutDir: true,
    // Required: dialogs, :has(), IndexedDB with strict durability, WebCrypto in workers: iOS 16.4 and Chrome
    // 111.
    target: ["chrome111", "safari16.4", "firefox121"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Put the code of the first screen in two files instead of twenty: each costs a round trip, and a
          // browser loads six at a time.
          groups: [
            { name: "vendor", test: /[\\/]node_modules[\\/]/, tags: ["$initial"] },
            { name: "app", tags: ["$initial"] },
            // Keep the engine in one file, though some screens use parts of it.
            { name: "engine", test: /[\\/](?:packages[\\/](?:shield|gm)|node_modules[\\/]@noble)[\\/]/ },
            // Likewise the small files shared by the engine and the request screens.
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
