import { defineConfig } from "vite";

import { licences } from "../../packages/look/licences.ts";
import { look } from "../../packages/look/vite.ts";

const STATIC = "../../../src/mshield/server/http/static";

// Scripts and styles of pages that the service renders itself; it finds them by the manifest.
export default defineConfig({
  base: "/",
  plugins: [look({ files: ["logo.svg", "icons.svg"] }), licences("licences-pages.json").application],
  build: {
    outDir: STATIC,
    emptyOutDir: false,
    target: "es2022",
    manifest: "pages.json",
    rolldownOptions: {
      input: {
        login: "src/login.ts",
        pages: "src/pages.css",
        install: "src/install.ts",
        "install-page": "src/install.css",
        demo: "src/demo.css",
      },
    },
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
  },
});
