/**
 * Shared state of all screens about this phone, its account and its certificate.
 *
 * `status` is what the phone itself stores, `me` what the service reports; either may be missing. Both are
 * cleared when the app locks or the user logs out.
 */

import { makeAnswerOrder } from "@mshield/look/vue/answer_order.ts";
import { type Me, NetworkError, ShieldError, type Status } from "@mshield/shield";
import { computed, readonly, shallowReactive, shallowRef } from "vue";

import { certificateState, type CertificateState } from "./certificate_state.ts";
import { forgetIdNumber } from "./remembered_person.ts";
import { recordState } from "./unlock_methods.ts";
import { shield } from "./shield.ts";

interface Shared {
  status: Status | null;
  me: Me | null;
  /** True if the last request to the service failed in the network. */
  isOffline: boolean;
}

const shared = shallowReactive<Shared>({ status: null, me: null, isOffline: false });
/** Discards replies of the service that arrive after their login was cleared. */
const order = makeAnswerOrder();

export const phone = readonly(shared) as Readonly<Shared>;

export const isLoggedIn = computed(() => shared.status?.isLoggedIn ?? false);

/** End (ms) of the login that the service has reported as over, though the phone still stores it. */
const overAt = shallowRef<number | null>(null);

/** True if there is a login that hasn't ended as far as known. */
export const hasLogin = computed(() => isLoggedIn.value && shared.status?.sessionExpiresAt !== overAt.value);

/** Notes that the service no longer accepts the current login. */
export function recordLoginEnd(): void {
  overAt.value = shared.status?.sessionExpiresAt ?? null;
}

/** State of the certificate; null until the service has reported it. */
export const state = computed<CertificateState | null>(
  () => shared.me && certificateState(shared.me, Date.now()),
);

/** Reads what the phone stores, without contacting the service. */
export async function readStatus(): Promise<Status> {
  const status = await shield.status();
  shared.status = status;
  if (!status.isLoggedIn) {
    shared.me = null;
  }
  return status;
}

/** Gets account and certificate from the service. Throws the engine's errors. */
export async function refresh(): Promise<void> {
  const isNewest = order();
  try {
    await readStatus();
    const me = await shield.me();
    if (!isNewest()) {
      return;
    }
    shared.me = me;
    recordState(me, Date.now());
    shared.isOffline = false;
    await readStatus();
  } catch (error) {
    shared.isOffline = error instanceof NetworkError;
    if (isLoginOver(error)) {
      await leave();
    }
    throw error;
  }
}

/** Returns whether this error means that the login is over. */
export function isLoginOver(error: unknown): boolean {
  return error instanceof ShieldError && (error.code === "not_logged_in" || error.code === "unauthenticated");
}

/** Clears what was displayed. */
export function forget(): void {
  order.skip();
  forgetIdNumber();
  shared.me = null;
  shared.status = null;
}

async function leave(): Promise<void> {
  recordLoginEnd();
  shared.me = null;
  await readStatus();
}
