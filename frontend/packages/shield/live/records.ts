/** The stored record as a thief or a fault would see it, read without the lock. */

import type { State } from "../src/state.ts";
import { Store } from "../src/store.ts";

/** Returns the record stored under this name. */
export async function record(name: string): Promise<State> {
  const database = await done(indexedDB.open(name));
  try {
    return await done(database.transaction("phone").objectStore("phone").get("state") as IDBRequest<State>);
  } finally {
    database.close();
  }
}

/** Replaces parts of that record. */
export async function overwrite(name: string, parts: Partial<State>): Promise<void> {
  await new Store(name).operate((vault) => vault.change(parts));
}

/** Copies the phone. */
export async function copyStorage(from: string, to: string): Promise<void> {
  await overwrite(to, await record(from));
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("failed")));
  });
}
