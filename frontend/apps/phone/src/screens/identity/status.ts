/** The account's identity status as one word, for 我的 and the home page. */

import { DAY_MS } from "@mshield/look/vue/dates.ts";
import type { Identity, IdentityRequest } from "@mshield/shield";

const WAYS = ["filed_phone", "legal_person", "filing_code", "own_shield", "outside", "real_name"] as const;
const NEWS_MS = 7 * DAY_MS;

/** Returns the text key of a proof's way; `other` for one that only a newer service knows. */
export function wayName(way: string): (typeof WAYS)[number] | "other" {
  return WAYS.find((known) => known === way) ?? "other";
}

export interface IdentityStatus {
  readonly name: "proven" | "later" | "waiting" | "refused" | "expired" | "number" | "open";
  /** The way of the newest valid proof. */
  readonly way: string | null;
  readonly to: string;
}

/**
 * Returns the status. A valid proof takes precedence over a request, and one in effect over one that takes
 * effect later.
 */
export function identityStatus({ proofs, request }: Identity, now: number): IdentityStatus {
  const standing = proofs.filter(({ endedAt }) => endedAt === null);
  const counting = standing.find(({ countsFrom }) => countsFrom <= now);
  const proof = counting ?? standing[0];
  if (proof !== undefined) {
    return { name: counting ? "proven" : "later", way: proof.way, to: "/me/identity" };
  }
  const state = request?.state;
  if (state === "waiting" || state === "refused" || state === "expired") {
    return { name: state, way: null, to: "/identity/wait" };
  }
  return hasLostNumber(proofs)
    ? { name: "number", way: null, to: "/me/identity" }
    : { name: "open", way: null, to: "/identity" };
}

/**
 * Returns whether a proof by the filed number ended because the account's number changed, and no other proof
 * covers that record. A legal person then no longer has that role at the portal.
 */
export function hasLostNumber(proofs: Identity["proofs"]): boolean {
  return proofs.some(
    (lost) =>
      lost.endedReason === "phone_changed" &&
      !proofs.some(
        (other) =>
          other.endedAt === null &&
          (other.creditCode === null || (other.creditCode === lost.creditCode && other.role === lost.role)),
      ),
  );
}

/**
 * Returns whether the home page, for users without a certificate, mentions this request: it is pending, or
 * was recently answered.
 */
export function isRecent(request: IdentityRequest, now: number): boolean {
  const { state, decidedAt } = request;
  const isAnswered = state === "confirmed" || state === "refused";
  return state === "waiting" || (isAnswered && now - (decidedAt ?? 0) < NEWS_MS);
}
