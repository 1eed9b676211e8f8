/** The one engine of this app. It comes in a file of its own, so that no first screen waits for it. */

import { NetworkError } from "@mshield/shield";

import type { AppShield } from "./app_shield.ts";

type Engine = Pick<AppShield, keyof AppShield>;
type Loaded = typeof import("./app_shield.ts");

let loading: Promise<Loaded> | null = null;

/** Has its file loaded; NetworkError where that failed, and the next call tries again. */
export async function loadEngine(): Promise<Loaded> {
  loading ??= import("./app_shield.ts");
  try {
    return await loading;
  } catch (error) {
    loading = null;
    throw new NetworkError(error instanceof Error ? error.name : "not loaded");
  }
}

/** Each of its operations, which loads it first. */
export const shield = new Proxy({} as Engine, {
  get(_, name: keyof Engine) {
    return async (...args: unknown[]): Promise<unknown> => {
      const { engine } = await loadEngine();
      return await Reflect.apply(engine[name], engine, args);
    };
  },
});

/** Called by screens on which a PIN is about to be entered. */
export function getReady(): void {
  // Where it can't be loaded, the operation itself says so.
  void loadEngine().then(
    ({ startWorker }) => startWorker(),
    () => undefined,
  );
}
