/** The states of the certificate as the app shows them (look, "States of the certificate"). */

import { DAY_MS } from "@mshield/look/vue/dates.ts";
import type { CertificateChange, IssuedCertificate, Me } from "@mshield/shield";

export const HOLDS = ["clone", "duplicate", "suspended", "lost", "frozen"] as const;
/** Gravest first. */
export type Hold = (typeof HOLDS)[number];

/** `newer`: one that a newer service knows, and this app doesn't. */
export type CertificateState =
  "none" | "active" | "due" | "held" | "locked" | "expired" | "revoked" | "newer";

interface Seen extends Pick<Me, "renewal"> {
  readonly certificate: Pick<IssuedCertificate, "state" | "holds" | "notAfter"> | null;
}

/** How the certificate stands at `now` (ms). A lock or an end counts more than a hold, a hold more than renewal. */
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
      // What it forbids can't be known here.
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

/** The holds that are known here, gravest first. */
export function holdsOf(certificate: { readonly holds: readonly string[] }): Hold[] {
  return HOLDS.filter((hold) => certificate.holds.includes(hold));
}

/**
 * Whether one of its holds ends by revocation only: the legal person lifts what they placed, the service's staff what
 * they placed, and nobody anything else (R14).
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

/** When, by whom and why it was held, locked or revoked; null where the service doesn't tell. */
export function changeTo(
  { changes }: { readonly changes: readonly CertificateChange[] },
  what: Hold | "locked" | "revoked",
): CertificateChange | null {
  // The last one: a hold may have been lifted and placed again.
  return changes.findLast(({ event }) => event === PLACED_BY[what]) ?? null;
}

/** One reason why it doesn't work; `change` is null where the service doesn't tell. */
export interface Cause {
  readonly name: Hold | "locked" | "revoked";
  readonly change: CertificateChange | null;
}

/** Why a certificate in this state doesn't work, the gravest first; none where it works or its time alone ended it. */
export function storyOf(
  certificate: { readonly holds: readonly string[]; readonly changes: readonly CertificateChange[] },
  state: CertificateState,
): Cause[] {
  const end: Cause["name"][] = state === "locked" || state === "revoked" ? [state] : [];
  // Holds stay where the PIN is locked; an end takes them along.
  const holds = state === "held" || state === "locked" ? holdsOf(certificate) : [];
  const names = [...end, ...holds];
  return names.map((name) => ({ name, change: changeTo(certificate, name) }));
}

/** Whether the certificate logs in and signs. */
export function canSign(state: CertificateState): boolean {
  return state === "active" || state === "due";
}

const MONTHS = 6;

/** Whole days until the certificate's end; 0 on its last day and after it. */
export function daysLeft(certificate: { readonly notAfter: number }, now: number): number {
  return Math.max(0, Math.floor((certificate.notAfter - now) / DAY_MS));
}

/**
 * From when a certificate can be renewed: six calendar months before its end, on the calendar of this phone. Where the
 * earlier month has no such day it is that month's last. The service decides; this is what people are told.
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
