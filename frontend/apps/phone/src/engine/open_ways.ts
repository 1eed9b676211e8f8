/**
 * By which ways the service lets this phone in (ADR 106), as far as the phone has learned it: a shield that is held, locked
 * or revoked doesn't open the app, and where it may be in other hands neither does an SMS code.
 *
 * Kept for the next start is which way is left to this shield, not why: from a phone that is picked up nobody learns more
 * than the service answers to its key. It goes with the next login that shows the shield in order.
 */

import type { Me, ShieldError, Status } from "@mshield/shield";
import { useLocalStorage } from "@vueuse/core";

import { canSign, certificateState } from "./certificate_state.ts";

/** The best way that is open: `pin` stands for finger and face too, and each for those after it. */
export type OpenWay = "pin" | "sms" | "password";
/** Why the PIN isn't: the service refused the shield, one try is left, none is, or the phone's share is damaged. */
type Why = "sms" | "password" | "last" | "locked" | "unusable";

export interface OpenWays {
  readonly way: OpenWay;
  readonly why: Why | null;
}

/** What the service said, or of what it said the code alone. */
export type Refusal = Pick<ShieldError, "code" | "extra">;

interface Kept {
  readonly shield: string;
  readonly way: "sms" | "password";
}

const kept = useLocalStorage<Kept | null>("mshield-open-way", null, {
  serializer: { read: readKept, write: (value) => JSON.stringify(value) },
});
const IN_OTHER_HANDS = new Set(["lost", "clone", "revoked", "superseded"]);
const SMS_ONLY = new Set(["unlock_closed", "epoch_unknown", "damaged_slot"]);
const PASSWORD_ONLY = new Set(["clone", "pin_locked", "password_needed", "no_certificate"]);

/** What is open to this phone at the start, before the service is asked. */
export function openWays({ shieldNumber, left, isUnusable }: Status): OpenWays {
  const known = kept.value !== null && kept.value.shield === shieldNumber ? kept.value.way : null;
  if (left === 0) {
    return { way: "password", why: "locked" };
  }
  if (known === "password") {
    return { way: "password", why: "password" };
  }
  if (isUnusable) {
    return { way: "sms", why: "unusable" };
  }
  if (known === "sms") {
    return { way: "sms", why: "sms" };
  }
  return left === 1 ? { way: "sms", why: "last" } : { way: "pin", why: null };
}

/** What this refusal of a PIN or of an SMS code leaves open. */
export function wayAfter(refusal: Refusal | null): OpenWay {
  const code = refusal?.code ?? "";
  if (PASSWORD_ONLY.has(code)) {
    return "password";
  }
  if (code === "held") {
    return isInOtherHands(refusal?.extra["reasons"]) ? "password" : "sms";
  }
  return SMS_ONLY.has(code) ? "sms" : "pin";
}

/** Keeps what a refusal says of the shield; tries and a damaged share stand in the phone's own state. */
export function learnRefusal(shieldNumber: string | null, refusal: Refusal | null): void {
  const way = wayAfter(refusal);
  if (shieldNumber !== null && way !== "pin" && !SMS_ONLY.has(refusal!.code)) {
    kept.value = { shield: shieldNumber, way };
  }
}

/** Keeps what the service says of the shield to who is logged in; of a phone without one it says nothing. */
export function learnState({ certificate, renewal }: Pick<Me, "certificate" | "renewal">, now: number): void {
  if (certificate === null) {
    return;
  }
  const state = certificateState({ certificate, renewal }, now);
  const isShut = state === "revoked" || state === "locked" || isInOtherHands(certificate.holds);
  kept.value = canSign(state) ? null : { shield: certificate.shieldNumber, way: isShut ? "password" : "sms" };
}

function isInOtherHands(reasons: unknown): boolean {
  return Array.isArray(reasons) && reasons.some((reason) => IN_OTHER_HANDS.has(String(reason)));
}

function readKept(text: string): Kept | null {
  try {
    const value = JSON.parse(text) as Partial<Kept> | null;
    const isGood = typeof value?.shield === "string" && (value.way === "sms" || value.way === "password");
    return isGood ? (value as Kept) : null;
  } catch {
    return null;
  }
}
