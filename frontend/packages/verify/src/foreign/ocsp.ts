/** OCSP answers of foreign responders, and whether one covers a certificate at a moment (RFC 6960). */

import { FormError } from "@mshield/forms";
import { GmError, equalBytes, type Signature } from "@mshield/gm";

import { keyId } from "../certificate.ts";
import { PartError } from "../errors.ts";
import { KeyUse } from "../extensions.ts";
import {
  isIssuedBy,
  readCertId,
  readOuter,
  readStatus,
  requireOnlyNonce,
  type SingleStatus,
} from "../ocsp.ts";
import { OIDS } from "../oids.ts";
import { allOf, listOf, optional, type Reader, whole } from "../reader.ts";
import { SKEW } from "../status.ts";
import { type ForeignCertificate, parseForeignCertificate } from "./certificate.ts";
import { readForeignExtensions } from "./extensions.ts";
import { readForeignFrame } from "./frame.ts";
import { readForeignName } from "./names.ts";
import { isNamed, requireForeignIssued, requireForeignSignature } from "./path.ts";

/** Maximum octets of an answer with its certificates. */
const MAX_OCSP = 256 * 1024;
const MAX_CERTIFICATES = 16;
/** Validity in ms of an answer without nextUpdate, inclusive. */
const LIFE = 86_400_001;
const SECOND = 1000;

/** `responder` is the DER of a name if `byName`, otherwise the SHA-1 of a key. */
export interface ForeignOcsp {
  readonly tbs: Uint8Array;
  readonly signature: Signature;
  readonly byName: boolean;
  readonly responder: Uint8Array;
  readonly producedAt: number;
  readonly singles: readonly SingleStatus[];
  readonly certificates: readonly ForeignCertificate[];
}

/** Parses an answer in DER. Verifies nothing. Throws: FormError. */
export function parseForeignOcsp(der: Uint8Array): ForeignOcsp {
  if (der.length > MAX_OCSP) {
    throw new FormError("the answer is too long");
  }
  const basic = whole(der, (reader) => allOf(reader.enter(), readOuter));
  const [{ tbs, signature }, certificates] = whole(basic, (reader) =>
    allOf(
      reader.enter(),
      (inside) => [readForeignFrame(inside), optional(inside, 0, readCertificates) ?? []] as const,
    ),
  );
  return { tbs, signature, certificates, ...whole(tbs, (reader) => allOf(reader.enter(), readData)) };
}

/** Returns the answer's status of that certificate, if in force at `at` (ms). Throws: PartError. */
export function foreignStatus(
  ocsp: ForeignOcsp,
  certificate: ForeignCertificate,
  issuer: ForeignCertificate,
  at: number,
): SingleStatus {
  if (!isNamed(certificate, issuer)) {
    throw new PartError("unknown_issuer", "the certificate is not of this issuer");
  }
  requireOcspOf(ocsp, issuer, at);
  const single = ocsp.singles.find(
    ({ certId }) => certId.serial === certificate.serial && isIssuedBy(certId, issuer),
  );
  if (single === undefined) {
    throw new PartError("status_unknown", "the answer does not speak about this certificate");
  }
  if (single.thisUpdate > at + SKEW || at >= ocspUntil(single)) {
    throw new PartError("stale_status", "the status is out of date, or from the future");
  }
  return single;
}

/**
 * Checks that the answer is this CA's, or that of an authorised responder whose certificate is valid at `at`
 * (ms). Throws: PartError.
 */
export function requireOcspOf(ocsp: ForeignOcsp, issuer: ForeignCertificate, at: number): void {
  requireForeignSignature(responderOf(ocsp, issuer, at), ocsp.tbs, ocsp.signature);
}

/** Reports whether it is about certificates of this CA, by name and key; false for an empty answer. */
export function isAnswerOf({ singles }: ForeignOcsp, issuer: ForeignCertificate): boolean {
  return singles.length > 0 && singles.every(({ certId }) => isIssuedBy(certId, issuer));
}

/** Returns the end of a status's validity (ms, exclusive), one day if unspecified. */
export function ocspUntil({ thisUpdate, nextUpdate }: SingleStatus): number {
  return nextUpdate ?? thisUpdate + LIFE;
}

/**
 * Returns the signing certificate: the issuer's own, or one that it authorised by OCSPSigning (RFC 6960,
 * 4.2.2.2).
 */
function responderOf(
  { byName, responder, certificates }: ForeignOcsp,
  issuer: ForeignCertificate,
  at: number,
): ForeignCertificate {
  for (const candidate of [issuer, ...certificates]) {
    if (!equalBytes(byName ? candidate.subject.der : keyId(candidate.publicKey), responder)) {
      continue;
    }
    if (
      equalBytes(candidate.publicKey, issuer.publicKey) &&
      equalBytes(candidate.subject.der, issuer.subject.der)
    ) {
      return issuer;
    }
    if (isDelegate(candidate, issuer, at)) {
      return candidate;
    }
  }
  throw new PartError("status_unknown", "no responder that the issuer authorised is in the answer");
}

function isDelegate(responder: ForeignCertificate, issuer: ForeignCertificate, at: number): boolean {
  const { keyUsage, purposes, unknownCritical } = responder.values;
  const signs =
    keyUsage === null || keyUsage.has(KeyUse.digitalSignature) || keyUsage.has(KeyUse.nonRepudiation);
  const isValid = responder.notBefore <= at && at < responder.notAfter + SECOND;
  if (unknownCritical.length > 0 || purposes?.includes(OIDS.ocspSigning) !== true || !signs || !isValid) {
    return false;
  }
  try {
    requireForeignIssued(responder, issuer);
    return true;
  } catch (error) {
    if (error instanceof PartError) {
      return false;
    }
    throw error;
  }
}

/** Returns the parsed certificates; unparseable ones are skipped. */
function readCertificates(wrapped: Reader): ForeignCertificate[] {
  const encoded = listOf(wrapped.enter(), (list) => list.raw(0x30));
  if (encoded.length > MAX_CERTIFICATES) {
    throw new FormError("too many certificates");
  }
  return encoded.flatMap((der) => {
    try {
      return [parseForeignCertificate(der)];
    } catch (error) {
      if (error instanceof FormError || error instanceof GmError) {
        return [];
      }
      throw error;
    }
  });
}

function readData(inside: Reader): Pick<ForeignOcsp, "byName" | "responder" | "producedAt" | "singles"> {
  const byName = optional(inside, 1, readForeignName);
  const responder = byName === null ? optional(inside, 2, (key) => key.octets()) : byName.der;
  if (responder === null) {
    throw new FormError("not a version 1 response, or its responder has no name");
  }
  const producedAt = inside.generalizedTime();
  const singles = listOf(inside.enter(), (list) => readSingle(list.enter()));
  requireOnlyNonce(optional(inside, 1, readForeignExtensions) ?? []);
  return { byName: byName !== null, responder, producedAt, singles };
}

function readSingle(item: Reader): SingleStatus {
  return allOf(item, () => {
    const [certId, status] = [allOf(item.enter(), readCertId), readStatus(item)];
    const thisUpdate = item.generalizedTime();
    const nextUpdate = optional(item, 0, (until) => until.generalizedTime());
    const extensions = optional(item, 1, readForeignExtensions) ?? [];
    if (extensions.some(({ isCritical }) => isCritical)) {
      throw new FormError("an unknown critical extension");
    }
    return { certId, status, thisUpdate, nextUpdate };
  });
}
