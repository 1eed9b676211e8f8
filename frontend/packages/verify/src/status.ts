/** Whether a certificate is revoked, by a list (RFC 5280, 6.3) or an OCSP answer (RFC 6960, 3.2). */

import { same } from "@mshield/gm";

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

/** Milliseconds by which a status may be from the future: clocks differ, and times have whole seconds. */
export const SKEW = 300_000;
/** Milliseconds for which an answer without nextUpdate counts. */
const OCSP_LIFE = 86_400_000;
const HOLD = 6;
const SECOND = 1000;

/** The certificate is not on its issuer's list, and the list is in force at `at` (ms). */
export function checkCrl(certificate: Certificate, issuer: Certificate, crl: Crl, at: number): void {
  if (!isListOf(crl, issuer)) {
    throw new PartError("unknown_issuer", "the revocation list is not the issuer's");
  }
  requireOwn(certificate, issuer);
  if (!speaksAbout(crl, certificate)) {
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
  return same(crl.issuer.der, subject.der) && values.ski !== null && same(crl.aki, values.ski);
}

/** Whether the certificate is in the list's scope, if it is the issuer's (RFC 5280, 6.3.3 b 2). */
export function speaksAbout({ points }: Crl, { values }: Certificate): boolean {
  return points.length === 0 || points.some((point) => values.crlUrls.includes(point));
}

/** The answer says good about this certificate and is in force at `at` (ms); gives what it says. */
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

/** Good when something was signed, by an answer made at `thisUpdate` (ms); `later` is what happened afterwards. */
export interface StatusThen {
  readonly thisUpdate: number;
  readonly later: Revocation | null;
}

/**
 * The status at `signedAt`, judged at `now`, from an answer made after the signature. One that says `revoked` clears it
 * if that came later. OCSP has whole seconds: what happened in the second of the signature counts as before it.
 */
export function statusThen(
  certificate: Certificate,
  issuer: Certificate,
  der: Uint8Array,
  { signedAt, now }: { readonly signedAt: number; readonly now: number },
): StatusThen {
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

/** How a certificate stands now; null where nothing speaks about that. */
export type StatusNow = "good" | Revocation | null;

/** By its issuer's lists that are in force; one that was revoked before the signature is an error. */
export function statusNow(
  certificate: Certificate,
  issuer: Certificate,
  crls: readonly Crl[],
  { signedAt, now }: { readonly signedAt: number; readonly now: number },
): StatusNow {
  const own = crls.filter(
    (crl) =>
      isListOf(crl, issuer) &&
      speaksAbout(crl, certificate) &&
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

/** Without this, another CA's list or answer would clear the certificate: a serial number alone names nothing. */
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

/** Whose key signed: the issuer's own, or one that the issuer gave OCSPSigning (RFC 6960, 4.2.2.2). */
function responderOf(issuer: Certificate, response: OcspResponse, at: number): Certificate {
  if (same(response.responderKeyHash, keyId(issuer.publicKey))) {
    requireUsage(issuer, KeyUse.digitalSignature);
    return issuer;
  }
  const responder = response.certificates.find(({ publicKey }) =>
    same(response.responderKeyHash, keyId(publicKey)),
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
