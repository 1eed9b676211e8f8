/**
 * The ways in which the service lets this phone log in (ADR 106), as far as the phone knows. A shield that is
 * on hold, locked or revoked can't open the app, and if the phone may be in other hands, neither can an SMS
 * code.
 *
 * Only the remaining way is stored for the next start, not the reason: somebody who picks the phone up learns
 * no more from it than the service tells them anyway. It is deleted at the next login that shows the shield
 * in order.
 */

import type { Me, ShieldError, Status } from "@mshield/shield";
import { useLocalStorage } from "@vueuse/core";

import { canSign, certificateState } from "./certificate_state.ts";

/**
 * The best way that is open, best first: `pin` includes finger and face, and each way includes the ones after
 * it.
 */
export type UnlockMethod = "pin" | "sms" | "password";
/**
 * Why the PIN isn't open: the service refused the shield (`sms`, `password`), one try is left, none is left,
 * or the phone's share is damaged.
 */
type Why = "sms" | "password" | "last" | "locked" | "unusable";

export interface UnlockOptions {
  readonly way: UnlockMethod;
  readonly why: Why | null;
}

/** The service's refusal, or at least its error code. */
export type Refusal = Pick<ShieldError, "code" | "extra">;

interface StoredWay {
  readonly shield: string;
  readonly way: "sms" | "password";
}

const storedWay = useLocalStorage<StoredWay | null>("mshield-open-way", null, {
  serializer: { read: parseStored, write: (value) => JSON.stringify(value) },
});
const IN_OTHER_HANDS = new Set(["lost", "clone", "revoked", "superseded"]);
const SMS_ONLY = new Set(["unlock_closed", "epoch_unknown", "damaged_slot"]);
const PASSWORD_ONLY = new Set(["clone", "pin_locked", "password_needed", "no_certificate"]);

/** Returns the ways open to this phone at the start, before the service is asked. */
export function unlockOptions({ shieldNumber, left, isUnusable }: Status): UnlockOptions {
  const remembered =
    storedWay.value !== null && storedWay.value.shield === shieldNumber ? storedWay.value.way : null;
  if (left === 0) {
    return { way: "password", why: "locked" };
  }
  if (remembered === "password") {
    return { way: "password", why: "password" };
  }
  if (isUnusable) {
    return { way: "sms", why: "unusable" };
  }
  if (remembered === "sms") {
    return { way: "sms", why: "sms" };
  }
  return left === 1 ? { way: "sms", why: "last" } : { way: "pin", why: null };
}

/** Returns the best way that this refusal of a PIN or SMS code leaves open. */
export function methodAfterRefusal(refusal: Refusal | null): UnlockMethod {
  const code = refusal?.code ?? "";
  if (PASSWORD_ONLY.has(code)) {
    return "password";
  }
  if (code === "held") {
    return isCompromised(refusal?.extra["reasons"]) ? "password" : "sms";
  }
  return SMS_ONLY.has(code) ? "sms" : "pin";
}

/**
 * Stores what a refusal says about the shield. The remaining tries and a damaged share aren't stored here,
 * since the phone's own status has them.
 */
export function recordRefusal(shieldNumber: string | null, refusal: Refusal | null): void {
  const way = methodAfterRefusal(refusal);
  if (shieldNumber !== null && way !== "pin" && !SMS_ONLY.has(refusal!.code)) {
    storedWay.value = { shield: shieldNumber, way };
  }
}

/**
 * Stores what the service says about the shield to the logged-in user; does nothing if there is no
 * certificate.
 */
export function recordState(
  { certificate, renewal }: Pick<Me, "certificate" | "renewal">,
  now: number,
): void {
  if (certificate === null) {
    return;
  }
  const state = certificateState({ certificate, renewal }, now);
  const isShut = state === "revoked" || state === "locked" || isCompromised(certificate.holds);
  storedWay.value = canSign(state)
    ? null
    : { shield: certificate.shieldNumber, way: isShut ? "password" : "sms" };
}

function isCompromised(reasons: unknown): boolean {
  return Array.isArray(reasons) && reasons.some((reason) => IN_OTHER_HANDS.has(String(reason)));
}

function parseStored(text: string): StoredWay | null {
  try {
    const value = JSON.parse(text) as Partial<StoredWay> | null;
    const isGood = typeof value?.shield === "string" && (value.way === "sms" || value.way === "password");
    return isGood ? (value as StoredWay) : null;
  } catch {
    return null;
  }
}
