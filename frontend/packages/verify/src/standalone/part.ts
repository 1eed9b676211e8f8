/**
 * A certificate, revocation list or OCSP answer on its own: whether its signature is valid, and whose
 * it is.
 *
 * These are two questions, as for a P7: if the issuer is unknown nothing is stated about the signature, and
 * if no trusted root leads to the issuer, the issuer's identity is not reported.
 */

import { equalBytes } from "@mshield/gm";

import { PartError, type Revocation } from "../errors.ts";
import type { ForeignCertificate } from "../foreign/certificate.ts";
import { type ForeignCrl, parseForeignCrl, requireCrlOf } from "../foreign/crl.ts";
import {
  type ForeignOcsp,
  foreignStatus,
  isAnswerOf,
  ocspUntil,
  parseForeignOcsp,
  requireOcspOf,
} from "../foreign/ocsp.ts";
import { findForeignPath, isNamed, requireForeignIssued } from "../foreign/path.ts";
import { SKEW } from "../status.ts";

export type PartVerdict =
  "valid" | "out_of_date" | "status_not_checked" | "signer_not_established" | "signature_not_checked";

/** `others` are certificates given besides the trusted `roots`; `at` in ms is the moment to check for. */
export interface PartInput {
  readonly others: readonly ForeignCertificate[];
  readonly roots: readonly ForeignCertificate[];
  readonly at: number;
  /** Sources of a certificate's status, in DER. */
  readonly crls: readonly Uint8Array[];
  readonly ocsp: Uint8Array | null;
}

/** `issuer` signed it, null if unknown; `path` leads to the trusted root, null if none does. */
export interface Part {
  readonly verdict: PartVerdict;
  readonly issuer: ForeignCertificate | null;
  readonly path: readonly ForeignCertificate[] | null;
  /** Source of a certificate's good status; null if there is none. */
  readonly by: "ocsp" | "crl" | null;
}

/** Throws: PartError if a known issuer's signature is wrong, or the path is invalid. */
export function verifyCertificate(certificate: ForeignCertificate, known: PartInput): Part {
  const named = [certificate, ...candidates(known)].filter((one) => isNamed(certificate, one));
  const issuer = named.length === 0 ? null : first(named, (one) => requireForeignIssued(certificate, one));
  const path = pathOf(certificate, known);
  if (path === null) {
    const verdict = issuer === null ? "signature_not_checked" : "signer_not_established";
    return { verdict, issuer, path, by: null };
  }
  const by = clearingSource(path, known);
  // A root has no status: the user trusts it.
  const isCleared = by !== null || path.length === 1;
  return { verdict: isCleared ? "valid" : "status_not_checked", issuer, path, by };
}

/** Throws: PartError. */
export function verifyCrl(crl: ForeignCrl, known: PartInput): Part {
  const named = candidates(known).filter(({ subject }) => equalBytes(subject.der, crl.issuer.der));
  return ofIssuer(named, (one) => requireCrlOf(crl, one), known, [crl.thisUpdate, crl.nextUpdate]);
}

/** Checks the responder as of the time of the answer. Throws: PartError. */
export function verifyOcsp(ocsp: ForeignOcsp, known: PartInput): Part {
  const named = candidates(known).filter((one) => isAnswerOf(ocsp, one));
  const since = Math.max(...ocsp.singles.map(({ thisUpdate }) => thisUpdate));
  const until = Math.min(...ocsp.singles.map(ocspUntil));
  return ofIssuer(named, (one) => requireOcspOf(ocsp, one, ocsp.producedAt), known, [since, until]);
}

/**
 * Returns which given list or answer clears it, the last one if several; null if none covers it. Throws:
 * PartError.
 */
export function clearingSource(
  [certificate, issuer]: readonly ForeignCertificate[],
  { crls, ocsp, at }: Pick<PartInput, "crls" | "ocsp" | "at">,
): "ocsp" | "crl" | null {
  if (issuer === undefined) {
    return null;
  }
  const isListed = clearedByLists(certificate!, issuer, crls, at);
  if (ocsp === null) {
    return isListed ? "crl" : null;
  }
  const { status } = foreignStatus(parseForeignOcsp(ocsp), certificate!, issuer, at);
  if (status.state === "unknown") {
    throw new PartError("status_unknown", "the responder does not know the certificate");
  }
  if (status.state === "revoked") {
    throw revoked(status);
  }
  return "ocsp";
}

/**
 * Reports whether a current list of the issuer clears it. Throws: PartError if a list revokes it, or is too
 * old.
 */
function clearedByLists(
  certificate: ForeignCertificate,
  issuer: ForeignCertificate,
  crls: readonly Uint8Array[],
  at: number,
): boolean {
  let isCleared = false;
  for (const crl of crls.map(parseForeignCrl)) {
    const { points } = crl;
    const isOfOthers =
      points.length > 0 && !points.some((point) => certificate.values.crlUrls.includes(point));
    if (isOfOthers || !equalBytes(crl.issuer.der, issuer.subject.der)) {
      continue;
    }
    requireCrlOf(crl, issuer);
    if (crl.thisUpdate > at + SKEW || at >= crl.nextUpdate) {
      throw new PartError("stale_status", "the revocation list is out of date, or from the future");
    }
    const entry = crl.revoked.get(certificate.serial);
    if (entry !== undefined) {
      throw revoked(entry);
    }
    isCleared = true;
  }
  return isCleared;
}

function revoked({ at, reason }: Revocation): PartError {
  return reason === 6
    ? new PartError("on_hold", "the certificate is on hold", { at, reason })
    : new PartError("revoked", "the certificate is revoked", { at, reason });
}

function candidates({ others, roots }: PartInput): ForeignCertificate[] {
  return [...others, ...roots];
}

/**
 * Returns the first issuer whose signature it has; otherwise throws the last error. There is at least one.
 */
function first(
  named: readonly ForeignCertificate[],
  require: (one: ForeignCertificate) => unknown,
): ForeignCertificate {
  let failed: PartError | null = null;
  for (const one of named) {
    try {
      require(one);
      return one;
    } catch (error) {
      if (!(error instanceof PartError)) {
        throw error;
      }
      failed = error;
    }
  }
  throw failed ?? new PartError("bad_signature", "no issuer");
}

function ofIssuer(
  named: readonly ForeignCertificate[],
  require: (one: ForeignCertificate) => unknown,
  known: PartInput,
  [since, until]: readonly [since: number, until: number],
): Part {
  if (named.length === 0) {
    return { verdict: "signature_not_checked", issuer: null, path: null, by: null };
  }
  const issuer = first(named, require);
  const path = pathOf(issuer, known);
  if (path === null) {
    return { verdict: "signer_not_established", issuer, path, by: null };
  }
  const isInForce = since <= known.at + SKEW && known.at < until;
  return { verdict: isInForce ? "valid" : "out_of_date", issuer, path, by: null };
}

/** Returns null if no trusted root leads there. */
function pathOf(certificate: ForeignCertificate, known: PartInput): readonly ForeignCertificate[] | null {
  try {
    return findForeignPath(certificate, known.others, known.roots, known.at);
  } catch (error) {
    if (error instanceof PartError && error.code === "unknown_issuer") {
      return null;
    }
    throw error;
  }
}
