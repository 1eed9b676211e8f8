/**
 * A database of IndexedDB with one object store. Each use is one transaction.
 *
 * A browser may freeze a page that is left, to show it again on Back (Safari and WebKitGTK do), with the
 * transaction it is in. Such a transaction never ends and makes those of all later pages wait, so leaving a
 * page aborts what hasn't been committed. For the caller this is a failed write.
 */

const active = new Set<IDBTransaction>();

// Node.js, which runs the live tests, has no pages to leave.
if ("addEventListener" in globalThis) {
  globalThis.addEventListener("pagehide", abortActive);
}

function abortActive(): void {
  for (const transaction of active) {
    try {
      transaction.abort();
    } catch {
      // It is being committed, which ends by itself.
    }
  }
}

export class Database {
  readonly #database: IDBDatabase;
  readonly #store: string;

  private constructor(database: IDBDatabase, store: string) {
    this.#database = database;
    this.#store = store;
  }

  /** Opens the database; creates it with this object store if it doesn't exist. */
  static async open(name: string, store: string, options?: IDBObjectStoreParameters): Promise<Database> {
    const request = indexedDB.open(name, 1);
    request.addEventListener("upgradeneeded", () => {
      request.result.createObjectStore(store, options);
      watch(request.transaction!);
    });
    return new Database(await result(request), store);
  }

  /**
   * Runs `work` in one transaction, and returns its result once the transaction is complete: a write is then
   * stored, with `durability: "strict"` even through a power cut.
   */
  async use<T>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => Promise<T>,
    options?: IDBTransactionOptions,
  ): Promise<T> {
    const transaction = this.#database.transaction(this.#store, mode, options);
    watch(transaction);
    const complete = new Promise<void>((resolve, reject) => {
      transaction.addEventListener("complete", () => resolve());
      for (const failed of ["abort", "error"] as const) {
        transaction.addEventListener(failed, () => reject(transaction.error ?? new Error(failed)));
      }
    });
    const [done] = await Promise.all([work(transaction.objectStore(this.#store)), complete]);
    return done;
  }

  close(): void {
    this.#database.close();
  }
}

/** Returns what a request inside a transaction results in. */
export function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("failed")));
  });
}

function watch(transaction: IDBTransaction): void {
  active.add(transaction);
  for (const ended of ["complete", "abort"] as const) {
    transaction.addEventListener(ended, () => active.delete(transaction));
  }
}
