/** The stored record as a thief or a fault would see it. */

import type { State } from "../src/state.ts";
import { Store } from "../src/store.ts";

/** What is stored under this name. */
export async function record(name: string): Promise<State> {
  return await new Store(name).operate(async ({ state }) => state);
}

/** Replaces parts of what is stored there. */
export async function overwrite(name: string, parts: Partial<State>): Promise<void> {
  await new Store(name).operate((vault) => vault.change(parts));
}

/** A second copy of the phone. */
export async function copyStorage(from: string, to: string): Promise<void> {
  await overwrite(to, await record(from));
}
