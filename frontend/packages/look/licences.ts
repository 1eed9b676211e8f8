/**
 * List of the components built into an application, with licences: one list for its pages and their workers.
 *
 * Vite's own `build.license` omits workers.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Plugin, Rolldown } from "vite";

const FOLDER = /^[^\0].*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const TEXT = /^(licen[cs]e|copying)/i;

interface Part {
  readonly name: string;
  readonly version: string;
  /** SPDX identifier. */
  readonly identifier: string;
  readonly text: string;
}

function part(folder: string): Part {
  const fields = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, string>;
  const { name = folder, version = "", license: identifier = "" } = fields;
  const file = readdirSync(folder).find((entry) => TEXT.test(entry));
  return { name, version, identifier, text: file ? readFileSync(join(folder, file), "utf8").trim() : "" };
}

/** Returns plugins for the application, which write the list to `fileName`, and for its workers. */
export function licences(fileName = "licences.json"): { application: Plugin; workers: () => Plugin[] } {
  const folders = new Set<string>();
  function note(bundle: Rolldown.OutputBundle): void {
    for (const file of Object.values(bundle)) {
      for (const id of file.type === "chunk" ? file.moduleIds : []) {
        const folder = FOLDER.exec(id)?.[0];
        if (folder) folders.add(folder);
      }
    }
  }
  return {
    application: {
      name: "mshield-licences",
      generateBundle(_options, bundle) {
        note(bundle);
        const parts = new Map(
          [...folders]
            .toSorted()
            .map(part)
            .map((one) => [`${one.name}@${one.version}`, one]),
        );
        const source = JSON.stringify([...parts.values()], null, 2);
        this.emitFile({ type: "asset", fileName, source });
      },
    },
    workers: () => [
      { name: "mshield-licences-of-workers", generateBundle: (_options, bundle) => note(bundle) },
    ],
  };
}
