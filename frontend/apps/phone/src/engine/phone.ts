/**
 * What the screens know of this phone, its account and its certificate, shared by all of them.
 *
 * `status` is what the phone itself stores, `me` what the service says; either may be missing. All of it goes when the
 * app locks or the user logs out.
 */

import { makeOrder } from "@mshield/look/vue/in_order.ts";
import { type Me, NetworkError, ShieldError, type Status } from "@mshield/shield";
import { computed, readonly, shallowReactive, shallowRef } from "vue";

import { certificateState, type CertificateState } from "./certificate_state.ts";
import { forgetIdNumber } from "./known_person.ts";
import { learnState } from "./open_ways.ts";
import { shield } from "./shield.ts";

interface Known {
  status: Status | null;
  me: Me | null;
  /** The last attempt to ask the service failed on the way. */
  isOffline: boolean;
}

const known = shallowReactive<Known>({ status: null, me: null, isOffline: false });
/** Answers of the service about this login: what comes after it was forgotten shows nobody. */
const order = makeOrder();

export const phone = readonly(known) as Readonly<Known>;

export const isLoggedIn = computed(() => known.status?.isLoggedIn ?? false);

/** Of which login (its end, ms) the service has said that it is over; the phone's own state still has it. */
const overAt = shallowRef<number | null>(null);

/** Whether nobody need log in here, as far as is known. */
export const hasLogin = computed(() => isLoggedIn.value && known.status?.sessionExpiresAt !== overAt.value);

/** The service knows the login no more. */
export function noteEnd(): void {
  overAt.value = known.status?.sessionExpiresAt ?? null;
}

/** Null as long as the service hasn't said it. */
export const state = computed<CertificateState | null>(
  () => known.me && certificateState(known.me, Date.now()),
);

/** Reads what the phone stores; asks nobody. */
export async function readStatus(): Promise<Status> {
  const status = await shield.status();
  known.status = status;
  if (!status.isLoggedIn) {
    known.me = null;
  }
  return status;
}

/** Asks the service how account and certificate stand; throws the engine's errors. */
export async function refresh(): Promise<void> {
  const isNewest = order();
  try {
    await readStatus();
    const me = await shield.me();
    if (!isNewest()) {
      return;
    }
    known.me = me;
    learnState(me, Date.now());
    known.isOffline = false;
    await readStatus();
  } catch (error) {
    known.isOffline = error instanceof NetworkError;
    if (hasEnded(error)) {
      await leave();
    }
    throw error;
  }
}

/** Whether this error says that the login is over. */
export function hasEnded(error: unknown): boolean {
  return error instanceof ShieldError && (error.code === "not_logged_in" || error.code === "unauthenticated");
}

/** Forgets what was shown. */
export function forget(): void {
  order.skip();
  forgetIdNumber();
  known.me = null;
  known.status = null;
}

async function leave(): Promise<void> {
  noteEnd();
  known.me = null;
  await readStatus();
}
