/**
 * Cache of views by digest: at most fifty and 2 MiB, least recently used evicted first. It has its own
 * database; if that fails, views are fetched again.
 */

import { Database, result } from "./database.ts";

const STORE = "views";
const MOST = 50;
const OCTETS = 2 * 1024 * 1024;

interface Kept {
  readonly digest: string;
  readonly octets: Uint8Array;
  /** In ms. */
  readonly usedAt: number;
}

export class ViewStore {
  readonly #name: string;

  constructor(name = "mshield-views") {
    this.#name = name;
  }

  /** Returns a cached view, or null; the caller checks its digest. */
  async get(digest: string, now: number): Promise<Uint8Array | null> {
    const kept = await this.#use((views) => result<Kept | undefined>(views.get(digest)));
    if (kept === null || kept === undefined) {
      return null;
    }
    await this.put(digest, kept.octets, now);
    return kept.octets;
  }

  async put(digest: string, octets: Uint8Array, now: number): Promise<void> {
    await this.#use(async (views) => {
      await result(views.put({ digest, octets, usedAt: now } satisfies Kept));
      // oxlint-disable-next-line unicorn/no-array-sort -- toSorted is younger than the browsers of many phones
      const all = (await result<Kept[]>(views.getAll())).sort((a, b) => b.usedAt - a.usedAt);
      let size = 0;
      for (const [n, kept] of all.entries()) {
        size += kept.octets.length;
        if (n >= MOST || size > OCTETS) {
          await result(views.delete(kept.digest));
        }
      }
    });
  }

  async drop(digest: string): Promise<void> {
    await this.#use((views) => result(views.delete(digest)));
  }

  /** Returns null if the storage failed. */
  async #use<T>(work: (views: IDBObjectStore) => Promise<T>): Promise<T | null> {
    try {
      const database = await Database.open(this.#name, STORE, { keyPath: "digest" });
      try {
        return await database.use("readwrite", work);
      } finally {
        database.close();
      }
    } catch {
      return null;
    }
  }
}
