/** The third-party packages included in the app, with their licences; the build writes the lists. */

export interface Part {
  readonly name: string;
  readonly version: string;
  /** SPDX identifier. */
  readonly identifier: string;
  readonly text: string;
}

/** Lists of the app and of its service worker, which is built separately. */
const LISTS = ["licences.json", "licences-worker.json"];

/** Included in zxing-wasm as WebAssembly, which the build can't inspect. */
const SCANNER: Part = {
  name: "zxing-cpp",
  version: "zxing-wasm",
  identifier: "Apache-2.0",
  text: "Copyright 2016 Nu-book Inc., 2016 ZXing authors, Axel Waggershauser and others.\nhttps://www.apache.org/licenses/LICENSE-2.0",
};

/** Returns the packages sorted by name. Throws if a list can't be loaded. */
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
