/** What pdf.js reads beside its code, with the licences: character maps, the standard fonts, colours, WebAssembly. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Plugin } from "vite";

const HOME = dirname(dirname(fileURLToPath(import.meta.resolve("pdfjs-dist"))));
const FOLDERS: Readonly<Record<string, RegExp>> = {
  cmaps: /./,
  standard_fonts: /./,
  iccs: /./,
  // Of scripts nothing: what pictures need, and the fallbacks are for browsers without WebAssembly.
  wasm: /^(?:jbig2|openjpeg|qcms_bg)\.wasm$|^LICENSE_(?!.*QUICKJS)/,
};

/** Emits them where `src/screens/request/pages/pdf.ts` looks for them; the version in the path stands for a hash. */
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
