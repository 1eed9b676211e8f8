/** States of the certificate as the app shows them (see "States of the certificate" in the look). */

import { DAY_MS } from "@mshield/look/vue/dates.ts";
import type { CertificateChange, IssuedCertificate, Me } from "@mshield/shield";

export const HOLDS = ["clone", "duplicate", "suspended", "lost", "frozen"] as const;
/** A reason why the certificate is on hold; `HOLDS` lists them in order of severity, most severe first. */
export type Hold = (typeof HOLDS)[number];

/** State of the certificate. `newer`: a state that a newer service reports and this app doesn't know. */
export type CertificateState =
  "none" | "active" | "due" | "held" | "locked" | "expired" | "revoked" | "newer";

interface Seen extends Pick<Me, "renewal"> {
  readonly certificate: Pick<IssuedCertificate, "state" | "holds" | "notAfter"> | null;
}

/**
 * Returns the certificate's state at `now` (ms). A lock or an end takes precedence over a hold, a hold over
 * renewal.
 */
export function certificateState({ certificate, renewal }: Seen, now: number): CertificateState {
  if (certificate === null) {
    return "none";
  }
  switch (certificate.state) {
    case "revoked":
    case "superseded":
      return "revoked";
    case "pin_locked":
      return "locked";
    case "expired":
      return "expired";
    case "active":
      break;
    default:
      // This app can't know what an unknown state forbids.
      return "newer";
  }
  if (certificate.notAfter <= now) {
    return "expired";
  }
  if (certificate.holds.length > 0) {
    return "held";
  }
  return renewal?.due ? "due" : "active";
}

/** Returns the holds that this app knows, most severe first. */
export function holdsOf(certificate: { readonly holds: readonly string[] }): Hold[] {
  return HOLDS.filter((hold) => certificate.holds.includes(hold));
}

/**
 * Returns whether a hold on the certificate can end only by revocation. The legal person lifts the holds they
 * placed, and the service's staff lift theirs, but nobody can lift the others (R14).
 */
export function isStopped(certificate: { readonly holds: readonly string[] }): boolean {
  return holdsOf(certificate).some((hold) => hold === "clone" || hold === "duplicate");
}

const PLACED_BY: Record<Hold | "locked" | "revoked", string> = {
  clone: "find_clone",
  duplicate: "apply_again",
  suspended: "suspend",
  lost: "report_loss",
  frozen: "freeze",
  locked: "lock_pin",
  revoked: "revoke",
};

/**
 * Returns when, by whom and why the certificate was held, locked or revoked; null if the service doesn't
 * report it.
 */
export function changeTo(
  { changes }: { readonly changes: readonly CertificateChange[] },
  what: Hold | "locked" | "revoked",
): CertificateChange | null {
  // Take the last one: a hold may have been lifted and placed again.
  return changes.findLast(({ event }) => event === PLACED_BY[what]) ?? null;
}

/** One reason why the certificate doesn't work; `change` is null if the service doesn't report it. */
export interface Cause {
  readonly name: Hold | "locked" | "revoked";
  readonly change: CertificateChange | null;
}

/**
 * Returns why a certificate in this state doesn't work, most severe cause first. The list is empty if it works,
 * or if it only expired.
 */
export function storyOf(
  certificate: { readonly holds: readonly string[]; readonly changes: readonly CertificateChange[] },
  state: CertificateState,
): Cause[] {
  const end: Cause["name"][] = state === "locked" || state === "revoked" ? [state] : [];
  // Holds remain while the PIN is locked; revocation ends them.
  const holds = state === "held" || state === "locked" ? holdsOf(certificate) : [];
  const names = [...end, ...holds];
  return names.map((name) => ({ name, change: changeTo(certificate, name) }));
}

/** Returns whether the certificate can log in and sign. */
export function canSign(state: CertificateState): boolean {
  return state === "active" || state === "due";
}

const MONTHS = 6;

/** Returns the whole days until the certificate expires; 0 on its last day and later. */
export function daysLeft(certificate: { readonly notAfter: number }, now: number): number {
  return Math.max(0, Math.floor((certificate.notAfter - now) / DAY_MS));
}

/**
 * Returns the time from which a certificate can be renewed: six calendar months before it expires, in this
 * phone's time zone. If that month is too short for the day, it is the month's last day. This is only
 * displayed; the service decides.
 */
export function renewableFrom(notAfter: number): number {
  const start = new Date(notAfter);
  const dayOfMonth = start.getDate();
  start.setDate(1);
  start.setMonth(start.getMonth() - MONTHS);
  const last = new Date(start.getFullYear(), start.getMonth() + 1, 0).getDate();
  start.setDate(Math.min(dayOfMonth, last));
  return start.getTime();
}
