/**
 * Data files that pdf.js loads at run time, with their licences: character maps, the standard fonts, colour
 * profiles, WebAssembly.
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Plugin } from "vite";

const HOME = dirname(dirname(fileURLToPath(import.meta.resolve("pdfjs-dist"))));
const FOLDERS: Readonly<Record<string, RegExp>> = {
  cmaps: /./,
  standard_fonts: /./,
  iccs: /./,
  // No scripts: only what images need. The JavaScript fallbacks are for browsers without WebAssembly.
  wasm: /^(?:jbig2|openjpeg|qcms_bg)\.wasm$|^LICENSE_(?!.*QUICKJS)/,
};

/**
 * Emits the files where `src/screens/request/pages/pdf.ts` looks for them. The version in the path replaces a
 * hash.
 */
export function viewerData(): Plugin {
  const { version } = JSON.parse(readFileSync(join(HOME, "package.json"), "utf8")) as { version: string };
  return {
    name: "mshield-viewer-data",
    generateBundle() {
      for (const [folder, wanted] of Object.entries(FOLDERS)) {
        for (const name of readdirSync(join(HOME, folder)).filter((file) => wanted.test(file))) {
          const fileName = `assets/pdfjs-${version}/${folder}/${name}`;
          this.emitFile({ type: "asset", fileName, source: readFileSync(join(HOME, folder, name)) });
        }
      }
    },
  };
}
