/**
 * State that the phone stores between operations, and nothing else (protocol, "What may be kept").
 *
 * PIN, share, nonces, proofs and the bodies of `open` and `finish` have no field here and so cannot be
 * stored.
 */

import { hex, utf8 } from "@mshield/gm";

import { PhoneError } from "./errors.ts";
import type { Scan, Subject } from "./messages.ts";

export const ZERO_OTP = new Uint8Array(32);

export type KeyPlace = "key" | "pending";

/**
 * One share hidden under one PIN. `check` detects damage before an attempt is spent; times are ms since the
 * epoch.
 */
export interface Slot {
  readonly epoch: number;
  readonly salt: Uint8Array;
  readonly rounds: number;
  readonly blob: Uint8Array;
  readonly pinSetAt: number;
  readonly check: Uint8Array;
}

/**
 * The certificate issued for the key, with its chain (issuing CA, root), all PEM. `logKey` is the
 * transparency log's vkey as the service first sent it with this certificate.
 */
export interface StoredCertificate {
  readonly pem: string;
  readonly chainPem: readonly string[];
  readonly logKey: string;
}

/**
 * One key. `sid` is its enrolment's, `public` is P, slots are newest first; `rn` exists only while an
 * operation is unfinished; `left` is the number of attempts last reported by the service. `proven` is false
 * until a checked answer has shown that `public` is the joint key. `renews`: it is to replace the key in
 * force, under the same PIN.
 *
 * `isUnanswered` is true from before a `finish` is sent until its answer was read: `rn` alone also outlives a
 * session that was only opened, for example if no PIN was entered. `isUnusable` is true after the service
 * knew none of its slots, or one was damaged, until one is known again.
 */
export interface KeyState {
  readonly uid: Uint8Array;
  readonly sid: Uint8Array;
  readonly public: Uint8Array;
  readonly subject: Subject;
  readonly slots: readonly Slot[];
  readonly otp: Uint8Array;
  readonly rn: Uint8Array | null;
  readonly left: number | null;
  readonly proven: boolean;
  readonly certificate: StoredCertificate | null;
  readonly renews: boolean;
  readonly isUnanswered?: boolean;
  readonly isUnusable?: boolean;
}

/** The login: a token bound to the device key, and its owner. */
export interface Session {
  readonly account: string;
  readonly token: string;
  readonly expiresAt: number;
  readonly owner: Account;
}

/** The account as its owner sees it. */
export interface Account {
  readonly name: string;
  readonly phoneMasked: string;
  readonly idType: string | null;
}

/**
 * A changing call that was sent and not answered yet: what its idempotency key is made from, and since when.
 */
export interface PendingCall {
  readonly secret: Uint8Array;
  readonly at: number;
}

/** The whole record. `key` has a certificate; `pending` replaces it once its own certificate is here. */
export interface State {
  readonly version: 1;
  /** P-256 key for DPoP; the private key cannot be extracted. */
  readonly deviceKey: CryptoKeyPair;
  /** HMAC-SHA-256 key for the PIN's mask and nothing else; cannot be extracted. */
  readonly deviceSecret: CryptoKey;
  readonly session: Session | null;
  readonly shieldNumber: string | null;
  readonly key: KeyState | null;
  readonly pending: KeyState | null;
  readonly scanned: Scan | null;
  readonly unanswered: Readonly<Record<string, PendingCall>>;
}

/** Creates a new phone, with keys of its own. */
export async function newState(): Promise<State> {
  const ecdsa = { name: "ECDSA", namedCurve: "P-256" };
  const hmac = { name: "HMAC", hash: "SHA-256", length: 256 };
  return {
    version: 1,
    deviceKey: await crypto.subtle.generateKey(ecdsa, false, ["sign", "verify"]),
    deviceSecret: await crypto.subtle.generateKey(hmac, false, ["sign"]),
    session: null,
    shieldNumber: null,
    key: null,
    pending: null,
    scanned: null,
    unanswered: {},
  };
}

/** Returns the key in that place. Throws: PhoneError `no_key`. */
export function keyAt(state: State, place: KeyPlace): KeyState {
  const key = state[place];
  if (key === null) {
    throw new PhoneError("no_key");
  }
  return key;
}

/** Returns SHA-256 over what the slot stores; it reveals nothing about a PIN. */
export async function slotCheck(slot: Omit<Slot, "check">): Promise<Uint8Array> {
  const stored = [slot.epoch, hex(slot.salt), slot.rounds, hex(slot.blob), slot.pinSetAt].join("|");
  return new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(stored) as Uint8Array<ArrayBuffer>));
}

/** Reports whether the stored bytes are those that were written. */
export async function isIntact(slot: Slot): Promise<boolean> {
  return hex(slot.check) === hex(await slotCheck(slot));
}

/** Returns the slots that aren't damaged. */
export async function intactSlots(slots: readonly Slot[]): Promise<Slot[]> {
  const whole = await Promise.all(slots.map(isIntact));
  return slots.filter((_, i) => whole[i]);
}
