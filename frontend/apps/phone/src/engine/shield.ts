/** The app's single engine. It is in a separate file, so that no first screen waits for it. */

import { NetworkError } from "@mshield/shield";

import type { AppShield } from "./app_shield.ts";

type Engine = Pick<AppShield, keyof AppShield>;
type Loaded = typeof import("./app_shield.ts");

let loading: Promise<Loaded> | null = null;

/** Loads the engine's file. Raises: NetworkError if that fails; the next call tries again. */
export async function loadEngine(): Promise<Loaded> {
  loading ??= import("./app_shield.ts");
  try {
    return await loading;
  } catch (error) {
    loading = null;
    throw new NetworkError(error instanceof Error ? error.name : "not loaded");
  }
}

/** All operations of the engine; each loads the engine first. */
export const shield = new Proxy({} as Engine, {
  get(_, name: keyof Engine) {
    return async (...args: unknown[]): Promise<unknown> => {
      const { engine } = await loadEngine();
      return await Reflect.apply(engine[name], engine, args);
    };
  },
});

/** Prepares for a PIN entry: loads the engine and starts its worker. */
export function getReady(): void {
  // If this fails, the operation itself reports the error.
  void loadEngine().then(
    ({ startWorker }) => startWorker(),
    () => undefined,
  );
}
