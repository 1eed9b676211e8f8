/** Present status of a certificate, by the answer of its service. */

import { FormError } from "@mshield/forms";

import type { Tally } from "./checks.ts";
import { PartError } from "./errors.ts";
import { parseOcsp } from "./ocsp.ts";
import type { VerifiedPath } from "./path.ts";
import { checkOcsp } from "./status.ts";

/** Outcome of requesting the certificate's present status: the answer (DER), or why there is none. */
export type Answer =
  | { readonly state: "answered"; readonly ocsp: Uint8Array }
  | { readonly state: "not_asked" | "no_answer" | "foreign_ca" };

/** `now` in ms. */
interface Asked {
  readonly answer: Answer;
  readonly now: number;
}

/** Checks the answer. Without one, the status stays unknown. */
export function checkAnswer(path: VerifiedPath, { answer, now }: Asked, tally: Tally): void {
  if (!tally.isMissing("revocation")) {
    return;
  }
  if (answer.state !== "answered") {
    tally.missing("revocation", answer.state);
    return;
  }
  const status = present(path, answer.ocsp, now);
  if (status.error === null) {
    tally.passed("revocation", { by: "asked", at: status.at });
  } else if (status.error.revocation !== null) {
    tally.failed("revocation", status.error.code, status.error.revocation);
  } else {
    tally.missing("revocation", "no_answer");
  }
}

/**
 * Reports the present status of a bundle's certificate; its end after the signature does not affect the
 * signature.
 */
export function checkNow(path: VerifiedPath, signedAt: number, { answer, now }: Asked, tally: Tally): void {
  if (answer.state !== "answered") {
    if (!tally.has("now")) {
      tally.aside("now", answer.state);
    }
    return;
  }
  const status = present(path, answer.ocsp, now);
  const revocation = status.error?.revocation ?? null;
  if (status.error === null) {
    tally.passed("now", { at: status.at });
  } else if (revocation === null) {
    tally.aside("now", "no_answer");
  } else if (revocation.at > signedAt) {
    tally.noted("now", status.error.code, revocation);
  } else {
    tally.failed("now", status.error.code, revocation);
  }
}

/** Returns the time of the answer, and the fault it reports of the certificate. */
export function present(
  path: VerifiedPath,
  ocsp: Uint8Array,
  now: number,
): { at: number; error: PartError | null } {
  const issuer = path.intermediates[0] ?? path.root;
  try {
    return { at: checkOcsp(path.leaf, issuer, parseOcsp(ocsp), now).thisUpdate, error: null };
  } catch (error) {
    if (error instanceof PartError) {
      return { at: now, error };
    }
    if (error instanceof FormError) {
      return { at: now, error: new PartError("unreadable", error.message) };
    }
    throw error;
  }
}
