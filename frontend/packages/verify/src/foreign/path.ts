/**
 * The path from a foreign certificate to a trusted one: by name, key identifier if both have one, and
 * signature.
 */

import { digest, GmError, equalBytes, type Signature, verifyDigest } from "@mshield/gm";

import { PartError } from "../errors.ts";
import { KeyUse } from "../extensions.ts";
import type { ForeignCertificate } from "./certificate.ts";

/** Maximum number of certificates above the checked one. */
const MAX_PATH = 9;
const SECOND = 1000;

/** Verifies the SM2 signature under the default id. */
export function requireForeignSignature(
  { publicKey }: ForeignCertificate,
  signed: Uint8Array,
  signature: Signature,
): void {
  try {
    verifyDigest(publicKey, digest(publicKey, signed), signature);
  } catch (error) {
    throw error instanceof GmError ? new PartError("bad_signature", "a signature does not verify") : error;
  }
}

/** Reports whether it names this issuer: by the name's bytes, and the key identifier if both have one. */
export function isNamed({ issuer, values: { aki } }: ForeignCertificate, by: ForeignCertificate): boolean {
  const { ski } = by.values;
  return equalBytes(issuer.der, by.subject.der) && (aki === null || ski === null || equalBytes(aki, ski));
}

/** Checks that the certificate names this issuer and has its signature. */
export function requireForeignIssued(certificate: ForeignCertificate, issuer: ForeignCertificate): void {
  if (!isNamed(certificate, issuer)) {
    throw new PartError("unknown_issuer", "the certificate is not of this issuer");
  }
  requireForeignSignature(issuer, certificate.tbs, certificate.signature);
}

/**
 * Returns the path from the leaf to one of `roots`, inclusive; each must be valid at `at` (ms), and each CA
 * be permitted to be one. Throws: PartError if there is no path, or something on it is invalid.
 */
export function findForeignPath(
  leaf: ForeignCertificate,
  others: readonly ForeignCertificate[],
  roots: readonly ForeignCertificate[],
  at: number,
): readonly ForeignCertificate[] {
  const path = walk(leaf, others, roots);
  for (const certificate of path) {
    if (certificate.values.unknownCritical.length > 0) {
      throw new PartError("unknown_critical_extension", "a certificate has an unknown critical extension");
    }
    requireValid(certificate, at);
  }
  path.slice(1).forEach(requireCa);
  return path;
}

/** Searches with one visit per certificate, so repeated names cost no more than their number. */
function walk(
  leaf: ForeignCertificate,
  others: readonly ForeignCertificate[],
  roots: readonly ForeignCertificate[],
): readonly ForeignCertificate[] {
  if (roots.some((root) => equalBytes(root.der, leaf.der))) {
    return [leaf];
  }
  const seen = [leaf];
  const waiting: (readonly ForeignCertificate[])[] = [[leaf]];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const last = path.at(-1)!;
    const root = roots.find((ca) => isIssued(last, ca));
    if (root !== undefined) {
      return [...path, root];
    }
    for (const ca of path.length < MAX_PATH ? others : []) {
      if (!seen.some(({ der }) => equalBytes(der, ca.der)) && isIssued(last, ca)) {
        seen.push(ca);
        waiting.push([...path, ca]);
      }
    }
  }
  throw new PartError("unknown_issuer", "no path to a trusted root");
}

function isIssued(certificate: ForeignCertificate, issuer: ForeignCertificate): boolean {
  try {
    requireForeignIssued(certificate, issuer);
    return true;
  } catch (error) {
    if (error instanceof PartError) {
      return false;
    }
    throw error;
  }
}

/** Checks the validity; the last second is included entirely. */
function requireValid({ notBefore, notAfter }: ForeignCertificate, at: number): void {
  if (at < notBefore) {
    throw new PartError("not_yet_valid", "a certificate is not valid yet");
  }
  if (at >= notAfter + SECOND) {
    throw new PartError("expired", "a certificate has expired");
  }
}

function requireCa({ values }: ForeignCertificate, below: number): void {
  const isTooDeep = values.pathLength !== null && BigInt(below) > values.pathLength;
  if (!values.isCa || isTooDeep || values.keyUsage?.has(KeyUse.keyCertSign) === false) {
    throw new PartError("not_a_ca", "an issuer may not sign this certificate");
  }
}
