/**
 * Logging in at an outside system's page (R2): the browser leaves this app with a state and comes back with a code.
 * Where the user wanted to go stays on this phone meanwhile, and doesn't travel.
 */

import { useLocalStorage } from "@vueuse/core";

import { ownPath } from "./own_path.ts";
import { shield } from "./shield.ts";

interface Left {
  readonly state: string;
  readonly next: string;
}

/** In localStorage: the way back may open another tab. */
const left = useLocalStorage<Left | null>("mshield-outside-login", null, {
  serializer: { read: (text) => JSON.parse(text) as Left, write: (value) => JSON.stringify(value) },
});

/** What the page sent back; `code` is null where nobody logged in there. */
export interface Returned {
  readonly state: string;
  readonly code: string | null;
  /** The screen that the user wanted. */
  readonly next: string;
}

/** Leads to the page of this system; throws the engine's errors. */
export async function leaveFor(source: string, next: unknown): Promise<void> {
  const { state, address } = await shield.beginOutsideLogin(source);
  left.value = { state, next: ownPath(next) ?? "/" };
  location.assign(address);
}

/** Reads the address that the page sent the browser back to. */
export function readReturn({ state, code }: Readonly<Record<string, unknown>>): Returned {
  const isOurs = left.value !== null && left.value.state === state;
  const next = isOurs ? ownPath(left.value?.next) : null;
  const hasCode = typeof state === "string" && typeof code === "string" && code !== "";
  return { state: hasCode ? state : "", code: hasCode ? code : null, next: next ?? "/" };
}

/** Logs in with what came back; throws the engine's errors. */
export async function finish({ state, code }: Returned): Promise<void> {
  await shield.finishOutsideLogin(state, code ?? "");
  left.value = null;
}
