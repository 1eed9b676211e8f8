/**
 * The phone's storage: one database with one record; each change replaces it in one transaction of
 * `durability: "strict"`.
 *
 * A Web Lock allows one operation at a time over all tabs. Each operation reads the record first and caches
 * nothing for the next one.
 */

import { Database, result } from "./database.ts";
import { PhoneError } from "./errors.ts";
import { newState, type State } from "./state.ts";

const STORE = "phone";
const RECORD = "state";

export class Store {
  readonly #name: string;
  readonly #lockMs: number;

  /** `name` is that of the database and the lock; `lockMs` is how long an operation waits for another one. */
  constructor(name = "mshield", lockMs = 30_000) {
    this.#name = name;
    this.#lockMs = lockMs;
  }

  /** Asks the browser for persistent storage; false if the browser may clear it anyway. */
  async persist(): Promise<boolean> {
    const storage = navigator.storage as StorageManager | undefined;
    return (await storage?.persist?.()) ?? false;
  }

  /**
   * Runs one operation with the record, which the first one creates. Throws: PhoneError `phone_in_use`,
   * `storage`, `damaged_state`.
   */
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
    const database = await guarded(Database.open(this.#name, STORE));
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
  readonly #database: Database;
  #state: State | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  get state(): State {
    if (this.#state === null) {
      throw new PhoneError("damaged_state", "used before it was loaded");
    }
    return this.#state;
  }

  /** Loads the record, or creates a new phone, which is stored before it is used. */
  async load(): Promise<void> {
    if ((await this.reread()) === null) {
      await this.#write(await newState());
    }
  }

  /** Reads the record again; the operation continues with it. */
  async reread(): Promise<State | null> {
    const record: unknown = await guarded(
      this.#database.use("readonly", (store) => result(store.get(RECORD))),
    );
    this.#state = record === undefined ? null : checked(record);
    return this.#state;
  }

  /** Replaces these parts in one transaction; returns once the change would survive a power cut. */
  async change(parts: Partial<State>): Promise<void> {
    await this.#write({ ...this.state, ...parts });
  }

  async #write(state: State): Promise<void> {
    const put = (store: IDBObjectStore): Promise<unknown> => result(store.put(state, RECORD));
    await guarded(this.#database.use("readwrite", put, { durability: "strict" }));
    this.#state = state;
  }
}

/** Validates a record. Throws: PhoneError `damaged_state` for anything else, which is never overwritten. */
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

/** Converts the browser's failures to PhoneError `storage`. */
async function guarded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new PhoneError("storage", error instanceof Error ? error.name : undefined);
  }
}
