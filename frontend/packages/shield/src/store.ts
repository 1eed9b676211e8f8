/**
 * The phone's storage: one database, one record that each change replaces in one transaction of `durability: "strict"`.
 *
 * One operation at a time holds the record, over all tabs, by a Web Lock; it reads the record first and keeps nothing
 * for the next one.
 */

import { PhoneError } from "./errors.ts";
import { newState, type State } from "./state.ts";

const STORE = "phone";
const RECORD = "state";

export class Store {
  readonly #name: string;
  readonly #lockMs: number;

  /** `name` is the database's and the lock's; `lockMs` is how long an operation waits for another one. */
  constructor(name = "mshield", lockMs = 30_000) {
    this.#name = name;
    this.#lockMs = lockMs;
  }

  /** Asks the browser not to clear the storage; false where it may do so all the same. */
  async persist(): Promise<boolean> {
    const storage = navigator.storage as StorageManager | undefined;
    return (await storage?.persist?.()) ?? false;
  }

  /** Runs one operation with the record, made at the first one; PhoneError `phone_in_use`, `storage`, `damaged_state`. */
  async operate<T>(run: (vault: Vault) => Promise<T>): Promise<T> {
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), this.#lockMs);
    const options = { signal: waiting.signal };
    let entered = false;
    try {
      return await navigator.locks.request(this.#name, options, async () => {
        entered = true;
        clearTimeout(timer);
        return await this.#run(run);
      });
    } catch (error) {
      if (!entered && waiting.signal.aborted) {
        throw new PhoneError("phone_in_use");
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #run<T>(run: (vault: Vault) => Promise<T>): Promise<T> {
    const database = await guarded(open(this.#name));
    try {
      const vault = new Vault(database);
      await vault.load();
      return await run(vault);
    } finally {
      database.close();
    }
  }
}

/** The record while one operation holds it. */
export class Vault {
  readonly #database: IDBDatabase;
  #state: State | null = null;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  get state(): State {
    if (this.#state === null) {
      throw new PhoneError("damaged_state", "used before it was loaded");
    }
    return this.#state;
  }

  /** The stored record, or a new phone, which is stored before it is used. */
  async load(): Promise<void> {
    if ((await this.reread()) === null) {
      await this.#write(await newState());
    }
  }

  /** What the database holds now; the operation goes on with it. */
  async reread(): Promise<State | null> {
    const transaction = this.#database.transaction(STORE, "readonly");
    const record: unknown = await guarded(result(transaction.objectStore(STORE).get(RECORD)));
    this.#state = record === undefined ? null : checked(record);
    return this.#state;
  }

  /** Replaces these parts in one transaction; returns when it would survive a power cut. */
  async change(parts: Partial<State>): Promise<void> {
    await this.#write({ ...this.state, ...parts });
  }

  async #write(state: State): Promise<void> {
    await guarded(this.#put(state));
    this.#state = state;
  }

  async #put(state: State): Promise<void> {
    const transaction = this.#database.transaction(STORE, "readwrite", { durability: "strict" });
    transaction.objectStore(STORE).put(state, RECORD);
    await new Promise<void>((resolve, reject) => {
      transaction.addEventListener("complete", () => resolve());
      for (const failed of ["abort", "error"] as const) {
        transaction.addEventListener(failed, () => reject(transaction.error ?? new Error(failed)));
      }
    });
  }
}

/** A record of this form; PhoneError `damaged_state` for anything else, which is never overwritten. */
function checked(value: unknown): State {
  const state = value as State;
  const whole =
    typeof value === "object" &&
    value !== null &&
    state.version === 1 &&
    state.deviceKey?.privateKey instanceof CryptoKey &&
    state.deviceKey.publicKey instanceof CryptoKey &&
    state.deviceSecret instanceof CryptoKey &&
    (["session", "shieldNumber", "key", "pending", "scanned"] as const).every((part) => part in state) &&
    typeof state.unanswered === "object";
  if (!whole) {
    throw new PhoneError("damaged_state");
  }
  return state;
}

async function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
  return await result(request);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("failed")));
  });
}

/** The browser's own failures as PhoneError `storage`. */
async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new PhoneError("storage", error instanceof Error ? error.name : undefined);
  }
}
