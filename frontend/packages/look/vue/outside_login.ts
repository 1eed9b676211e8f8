/**
 * The way to an outside system's login page and back (R2): the browser leaves with a state and returns with a
 * code. The user's wanted screen is stored in this browser and isn't sent.
 */

import type { Ref } from "vue";

import { ownPath } from "./own_path.ts";

export interface PendingLogin {
  readonly state: string;
  readonly next: string;
}

/** Parameters that the outside page returned; `code` is null if the login there failed or was cancelled. */
export interface LoginReturn {
  readonly state: string;
  readonly code: string | null;
  /** The screen that the user wanted. */
  readonly next: string;
  /**
   * Whether this browser began it, as far as it knows; otherwise a command may have, which needs the address.
   */
  readonly isOurs: boolean;
}

export interface OutsideLogin {
  /** Opens the outside page. */
  leave(page: { readonly address: string; readonly state: string }, next: unknown): void;
  /** Reads the address that the page redirected to. */
  read(query: Readonly<Record<string, unknown>>): LoginReturn;
  /** Forgets this login once it has ended, and no other that another tab has begun. */
  forget(state: string): void;
}

/** `left` outlives the page: this browser stores it. */
export function makeOutsideLogin(left: Ref<PendingLogin | null>): OutsideLogin {
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

/** Serialiser for the browser's storage. */
export const pendingLoginSerializer = {
  read: (text: string) => JSON.parse(text) as PendingLogin | null,
  write: (value: PendingLogin | null) => JSON.stringify(value),
};
