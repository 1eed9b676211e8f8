/**
 * A code that was read before the login (ADR 107): the claim to its request waits for the login in this tab alone, and is
 * scanned once the app is open.
 */

import type { Claim, Scan, ShownLogin } from "@mshield/shield";
import { useIntervalFn, useSessionStorage } from "@vueuse/core";
import { computed, type ComputedRef, ref } from "vue";
import type { RouteLocationRaw } from "vue-router";

import { hasEnded, phone, readStatus } from "./phone.ts";
import { shield } from "./shield.ts";

/** What the strip says of it; of a login also what its own screen shows, where one PIN opens the app and confirms it. */
export interface KeptScan {
  readonly claim: string;
  readonly kind: Claim["kind"];
  readonly name: string;
  readonly expiresAt: number;
  readonly shown: ShownLogin | null;
}

const stored = useSessionStorage<KeptScan | null>("mshield-claim", null, {
  serializer: { read: (text) => JSON.parse(text) as KeptScan | null, write: (kept) => JSON.stringify(kept) },
});

/** The one that waits, and its whole seconds; null once its time is over. */
export function useKeptScan(): ComputedRef<(KeptScan & { readonly seconds: number }) | null> {
  const now = ref(Date.now());
  useIntervalFn(() => (now.value = Date.now()), 1000);
  return computed(() => {
    const kept = stored.value;
    const seconds = kept === null ? 0 : Math.ceil((kept.expiresAt - now.value) / 1000);
    return kept === null || seconds <= 0 ? null : { ...kept, seconds };
  });
}

/** Whether one waits, over or not. */
export function hasKeptScan(): boolean {
  return stored.value !== null;
}

/** Takes the request of a code that was read or typed; null where nobody is logged in, and it is kept for the login. */
export async function scanOrKeep(text: string, typedMs?: number): Promise<Scan | null> {
  const status = phone.status ?? (await readStatus());
  if (status.isLoggedIn) {
    try {
      return await shield.scan(text, typedMs);
    } catch (error) {
      if (!hasEnded(error)) {
        throw error;
      }
    }
  }
  const { claim, kind, requester, expiresAt, login } = await shield.claim(text, typedMs);
  const shown = login && { claim, requester, login };
  stored.value = { claim, kind, name: requester.name, expiresAt, shown };
  return null;
}

/** Where the app goes on with what was kept: a login is shown at once, all else after the app is open. */
export function wayOfKept(): RouteLocationRaw {
  const isShown = stored.value?.shown != null && phone.status?.isUnusable !== true;
  return isShown ? { name: "claimed" } : { name: "login", query: { next: "/scan" } };
}

/** Takes the request that waits, after the login; it waits no more, however that ends. */
export async function scanKept(): Promise<Scan | null> {
  const kept = stored.value;
  stored.value = null;
  return kept === null ? null : await shield.scan(kept.claim);
}

/** A login of somebody else must not find it. */
export function dropKeptScan(): void {
  stored.value = null;
}
