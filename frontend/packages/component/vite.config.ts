import { defineConfig } from "vite";

import { licences } from "../look/licences.ts";
import { look } from "../look/vite.ts";

const STATIC = "../../../src/mshield/server/http/static";

// One file that any page includes with one script tag.
export default defineConfig({
  plugins: [look({ icons: ["scan", "pin", "clock", "stop", "wifi-off"] }), licences().application],
  build: {
    outDir: STATIC,
    emptyOutDir: false,
    // Minimum versions for its features: private methods, constructable style sheets.
    target: ["chrome86", "edge86", "firefox101", "safari16.4"],
    // Not Vite's library mode, which keeps white space for other bundlers.
    rolldownOptions: { input: "src/index.ts", output: { entryFileNames: "mshield.js" } },
    modulePreload: false,
    reportCompressedSize: false,
  },
});
