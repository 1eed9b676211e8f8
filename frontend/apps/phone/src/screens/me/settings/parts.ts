/** The parts of others that are built into the app, with their licences: the build writes the lists. */

export interface Part {
  readonly name: string;
  readonly version: string;
  /** As SPDX names it. */
  readonly identifier: string;
  readonly text: string;
}

/** Of the app itself, and of its service worker, which is built apart. */
const LISTS = ["licences.json", "licences-worker.json"];

/** Inside of zxing-wasm, as WebAssembly, where the build can't see it. */
const SCANNER: Part = {
  name: "zxing-cpp",
  version: "zxing-wasm",
  identifier: "Apache-2.0",
  text: "Copyright 2016 Nu-book Inc., 2016 ZXing authors, Axel Waggershauser and others.\nhttps://www.apache.org/licenses/LICENSE-2.0",
};

/** By name; throws where they can't be had. */
export async function readParts(): Promise<readonly Part[]> {
  const lists = await Promise.all(LISTS.map(readList));
  const byName = new Map([SCANNER, ...lists.flat()].map((part) => [`${part.name} ${part.version}`, part]));
  return [...byName.values()].toSorted((a, b) => a.name.localeCompare(b.name));
}

async function readList(name: string): Promise<readonly Part[]> {
  const answer = await fetch(import.meta.env.BASE_URL + name);
  if (!answer.ok) {
    throw new Error(`${name}: ${answer.status}`);
  }
  return (await answer.json()) as readonly Part[];
}
