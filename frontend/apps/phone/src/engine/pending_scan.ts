/**
 * A code that was scanned before the login (ADR 107). The claim to its request is stored in this tab only,
 * and is used once the user has logged in.
 */

import type { Claim, Scan, LoginClaim } from "@mshield/shield";
import { useIntervalFn, useSessionStorage } from "@vueuse/core";
import { computed, type ComputedRef, ref } from "vue";
import type { RouteLocationRaw } from "vue-router";

import { isLoginOver, phone, readStatus } from "./phone.ts";
import { shield } from "./shield.ts";

/**
 * Content of the waiting strip. For a login request, also what its own screen shows, where one PIN both opens
 * the app and confirms the login.
 */
export interface PendingScan {
  readonly claim: string;
  readonly kind: Claim["kind"];
  readonly name: string;
  readonly expiresAt: number;
  readonly shown: LoginClaim | null;
}

const stored = useSessionStorage<PendingScan | null>("mshield-claim", null, {
  serializer: {
    read: (text) => JSON.parse(text) as PendingScan | null,
    write: (kept) => JSON.stringify(kept),
  },
});

/** Returns the waiting claim with its remaining whole seconds; null once it has expired. */
export function usePendingScan(): ComputedRef<(PendingScan & { readonly seconds: number }) | null> {
  const now = ref(Date.now());
  useIntervalFn(() => (now.value = Date.now()), 1000);
  return computed(() => {
    const kept = stored.value;
    const seconds = kept === null ? 0 : Math.ceil((kept.expiresAt - now.value) / 1000);
    return kept === null || seconds <= 0 ? null : { ...kept, seconds };
  });
}

/** Returns whether a claim is stored, expired or not. */
export function hasPendingScan(): boolean {
  return stored.value !== null;
}

/**
 * Accepts the request of a scanned or typed code. If nobody is logged in, stores it for after the login and
 * returns null.
 */
export async function scanOrStore(text: string, typedMs?: number): Promise<Scan | null> {
  const status = phone.status ?? (await readStatus());
  if (status.isLoggedIn) {
    try {
      return await shield.scan(text, typedMs);
    } catch (error) {
      if (!isLoginOver(error)) {
        throw error;
      }
    }
  }
  const { claim, kind, requester, expiresAt, login } = await shield.claim(text, typedMs);
  const shown = login && { claim, requester, login };
  stored.value = { claim, kind, name: requester.name, expiresAt, shown };
  return null;
}

/**
 * Returns the route that continues with the stored claim: a login request is shown at once, anything else
 * after the app is unlocked.
 */
export function pendingScanRoute(): RouteLocationRaw {
  const isShown = stored.value?.shown != null && phone.status?.isUnusable !== true;
  return isShown ? { name: "claimed" } : { name: "login", query: { next: "/scan" } };
}

/** Accepts the stored request after the login. The claim is removed whatever the outcome. */
export async function acceptPendingScan(): Promise<Scan | null> {
  const kept = stored.value;
  stored.value = null;
  return kept === null ? null : await shield.scan(kept.claim);
}

/** Removes the claim, so that a login of another person doesn't find it. */
export function dropPendingScan(): void {
  stored.value = null;
}
