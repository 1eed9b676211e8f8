/**
 * The way to an outside system's login page and back (R2): the browser leaves with a state and comes back with a code.
 * Where the user wanted to go stays in this browser meanwhile, and doesn't travel.
 */

import type { Ref } from "vue";

import { ownPath } from "./own_path.ts";

export interface Left {
  readonly state: string;
  readonly next: string;
}

/** What the page sent back; `code` is null where nobody logged in there. */
export interface Returned {
  readonly state: string;
  readonly code: string | null;
  /** The screen that the user wanted. */
  readonly next: string;
  /** Whether this browser began it, as far as it knows: else a command may have, which needs the address. */
  readonly isOurs: boolean;
}

export interface OutsideWay {
  /** Leads to the page. */
  leave(page: { readonly address: string; readonly state: string }, next: unknown): void;
  /** Reads the address that the page sent the browser back to. */
  read(query: Readonly<Record<string, unknown>>): Returned;
  /** Once it is over: this way, and no other that another tab has begun. */
  forget(state: string): void;
}

/** `left` outlives the page: it is kept by this browser. */
export function makeOutsideWay(left: Ref<Left | null>): OutsideWay {
  return {
    leave({ address, state }, next) {
      left.value = { state, next: ownPath(next) ?? "/" };
      location.assign(address);
    },
    read({ state, code }) {
      const isOurs = left.value !== null && left.value.state === state;
      const next = isOurs ? ownPath(left.value?.next) : null;
      const hasCode = typeof state === "string" && typeof code === "string" && code !== "";
      return { state: hasCode ? state : "", code: hasCode ? code : null, next: next ?? "/", isOurs };
    },
    forget(state) {
      if (left.value?.state === state) left.value = null;
    },
  };
}

/** How a browser's storage holds it. */
export const leftSerializer = {
  read: (text: string) => JSON.parse(text) as Left | null,
  write: (value: Left | null) => JSON.stringify(value),
};
