/**
 * The views that this phone keeps, by their digest: fifty and 2 MiB at most, and what was used longest ago goes first.
 * In a database of their own, which is no more than a cache: where it fails they are fetched again.
 */

const STORE = "views";
const MOST = 50;
const OCTETS = 2 * 1024 * 1024;

interface Kept {
  readonly digest: string;
  readonly octets: Uint8Array;
  /** Ms. */
  readonly usedAt: number;
}

export class ViewStore {
  readonly #name: string;

  constructor(name = "mshield-views") {
    this.#name = name;
  }

  /** Null for one that isn't kept. Whoever uses it digests it anew. */
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

  /** Null where the storage failed. */
  async #use<T>(work: (views: IDBObjectStore) => Promise<T>): Promise<T | null> {
    try {
      const request = indexedDB.open(this.#name, 1);
      request.addEventListener("upgradeneeded", () =>
        request.result.createObjectStore(STORE, { keyPath: "digest" }),
      );
      const database = await result(request);
      try {
        return await work(database.transaction(STORE, "readwrite").objectStore(STORE));
      } finally {
        database.close();
      }
    } catch {
      return null;
    }
  }
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("failed")));
  });
}
