/** Revocation status of a certificate, by a list (RFC 5280, 6.3) or an OCSP answer (RFC 6960, 3.2). */

import { equalBytes } from "@mshield/gm";

import { type Certificate, keyId } from "./certificate.ts";
import type { Crl } from "./crl.ts";
import { PartError, type Revocation } from "./errors.ts";
import { KeyUse } from "./extensions.ts";
import { isIssuedBy, type OcspResponse, parseOcsp, type SingleStatus } from "./ocsp.ts";
import { OIDS } from "./oids.ts";
import {
  isNamed,
  requireIssued,
  requireSignature,
  requireUnderstood,
  requireUsage,
  requireValid,
} from "./path.ts";

/** Tolerance in ms for a status from the future: clocks differ, and times have whole seconds. */
export const SKEW = 300_000;
/** Validity in ms of an answer without nextUpdate. */
const OCSP_LIFE = 86_400_000;
const HOLD = 6;
const SECOND = 1000;

/** Checks that the certificate is not on its issuer's list, which must be in force at `at` (ms). */
export function checkCrl(certificate: Certificate, issuer: Certificate, crl: Crl, at: number): void {
  if (!isListOf(crl, issuer)) {
    throw new PartError("unknown_issuer", "the revocation list is not the issuer's");
  }
  requireOwn(certificate, issuer);
  if (!coversCertificate(crl, certificate)) {
    throw new PartError("status_unknown", "the list is of other certificates: its point is not in this one");
  }
  requireUsage(issuer, KeyUse.crlSign);
  requireSignature(issuer, crl.tbs, crl.signature);
  requireFresh(at, crl.thisUpdate, crl.nextUpdate);
  const entry = crl.revoked.get(certificate.serial);
  if (entry !== undefined) {
    throw revoked(entry);
  }
}

export function isListOf(crl: Crl, { subject, values }: Certificate): boolean {
  return equalBytes(crl.issuer.der, subject.der) && values.ski !== null && equalBytes(crl.aki, values.ski);
}

/** Reports whether the certificate is in the scope of its issuer's list (RFC 5280, 6.3.3 b 2). */
export function coversCertificate({ points }: Crl, { values }: Certificate): boolean {
  return points.length === 0 || points.some((point) => values.crlUrls.includes(point));
}

/** Checks that the answer is good for this certificate and in force at `at` (ms); returns the status. */
export function checkOcsp(
  certificate: Certificate,
  issuer: Certificate,
  response: OcspResponse,
  at: number,
): SingleStatus {
  requireOwn(certificate, issuer);
  const responder = responderOf(issuer, response, at);
  requireSignature(responder, response.tbs, response.signature);
  const single = response.statuses.find(
    ({ certId }) => certId.serial === certificate.serial && isIssuedBy(certId, issuer),
  );
  if (single === undefined) {
    throw new PartError("status_unknown", "the answer does not speak about this certificate");
  }
  requireFresh(at, single.thisUpdate, single.nextUpdate ?? single.thisUpdate + OCSP_LIFE);
  if (single.status.state === "revoked") {
    throw revoked(single.status);
  }
  if (single.status.state === "unknown") {
    throw new PartError("status_unknown", "the responder does not know the certificate");
  }
  return single;
}

/** Good status at signing, by an answer made at `thisUpdate` (ms); `later` is a revocation afterwards. */
export interface StatusAtSigning {
  readonly thisUpdate: number;
  readonly later: Revocation | null;
}

/**
 * Returns the status at `signedAt`, checked at `now`, from an answer made after the signature. A `revoked`
 * answer clears it if the revocation came later. OCSP has whole seconds: a revocation in the second of the
 * signature is treated as before it.
 */
export function statusAtSigning(
  certificate: Certificate,
  issuer: Certificate,
  der: Uint8Array,
  { signedAt, now }: { readonly signedAt: number; readonly now: number },
): StatusAtSigning {
  const response = parseOcsp(der);
  const [single, ...more] = response.statuses;
  if (single === undefined || more.length > 0) {
    throw new PartError("status_unknown", "the answer must speak about this certificate alone");
  }
  const { thisUpdate } = single;
  if (thisUpdate < Math.floor(signedAt / SECOND) * SECOND) {
    throw new PartError("stale_status", "the status is from before the signature");
  }
  if (Math.max(thisUpdate, response.producedAt) > now + SKEW) {
    throw new PartError("stale_status", "the status is from the future");
  }
  try {
    checkOcsp(certificate, issuer, response, response.producedAt);
  } catch (error) {
    if (error instanceof PartError && error.revocation !== null && error.revocation.at > signedAt) {
      return { thisUpdate, later: error.revocation };
    }
    throw error;
  }
  return { thisUpdate, later: null };
}

/** Present status of a certificate; null if nothing covers it. */
export type PresentStatus = "good" | Revocation | null;

/** Returns the status by its issuer's lists in force. Throws if it was revoked before the signature. */
export function presentStatus(
  certificate: Certificate,
  issuer: Certificate,
  crls: readonly Crl[],
  { signedAt, now }: { readonly signedAt: number; readonly now: number },
): PresentStatus {
  const own = crls.filter(
    (crl) =>
      isListOf(crl, issuer) &&
      coversCertificate(crl, certificate) &&
      crl.thisUpdate <= now + SKEW &&
      now < crl.nextUpdate,
  );
  for (const crl of own) {
    try {
      checkCrl(certificate, issuer, crl, now);
    } catch (error) {
      if (error instanceof PartError && error.revocation !== null && error.revocation.at > signedAt) {
        return error.revocation;
      }
      throw error;
    }
  }
  return own.length > 0 ? "good" : null;
}

/**
 * Requires the issuer: otherwise another CA's list or answer would clear the certificate, as serial numbers
 * aren't unique.
 */
function requireOwn(certificate: Certificate, issuer: Certificate): void {
  if (!isNamed(certificate, issuer)) {
    throw new PartError("unknown_issuer", "the certificate is not of this issuer");
  }
}

function requireFresh(at: number, thisUpdate: number, nextUpdate: number): void {
  if (thisUpdate > at + SKEW) {
    throw new PartError("stale_status", "the status is from after the moment asked about");
  }
  if (at >= nextUpdate) {
    throw new PartError("stale_status", "the status is out of date");
  }
}

function revoked({ at, reason }: Revocation): PartError {
  const code = reason === HOLD ? "on_hold" : "revoked";
  return new PartError(code, `the certificate is revoked or on hold for reason ${reason}`, { at, reason });
}

/**
 * Returns the signing certificate: the issuer's own, or one that it authorised by OCSPSigning (RFC 6960,
 * 4.2.2.2).
 */
function responderOf(issuer: Certificate, response: OcspResponse, at: number): Certificate {
  if (equalBytes(response.responderKeyHash, keyId(issuer.publicKey))) {
    requireUsage(issuer, KeyUse.digitalSignature);
    return issuer;
  }
  const responder = response.certificates.find(({ publicKey }) =>
    equalBytes(response.responderKeyHash, keyId(publicKey)),
  );
  if (responder === undefined) {
    throw new PartError("status_unknown", "the responder's certificate is not in the answer");
  }
  requireUnderstood(responder);
  requireIssued(responder, issuer);
  requireValid(responder, at);
  requireUsage(responder, KeyUse.digitalSignature);
  if (!responder.values.purposes.includes(OIDS.ocspSigning) || !responder.values.ocspNoCheck) {
    throw new PartError("status_unknown", "the responder is not authorised, or its own status is unknown");
  }
  return responder;
}
