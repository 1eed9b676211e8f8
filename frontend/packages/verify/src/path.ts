/** Path validation of a certificate to a trusted root (RFC 5280, 6), and its single checks. */

import { digest, GmError, equalBytes, type Signature, verifyDigest } from "@mshield/gm";

import { type Certificate, isSameCertificate } from "./certificate.ts";
import { PartError } from "./errors.ts";
import { KeyUse } from "./extensions.ts";

const MAX_INTERMEDIATES = 8;
const SECOND = 1000;

/** A valid path: leaf, CAs from its issuer up, trusted root. */
export interface VerifiedPath {
  readonly leaf: Certificate;
  readonly intermediates: readonly Certificate[];
  readonly root: Certificate;
}

/**
 * Returns the path from the leaf to one of `roots`, verified as of `at` (ms); order and surplus do not
 * matter.
 */
export function verifyPath(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  roots: readonly Certificate[],
  at: number,
): VerifiedPath {
  const path = findPath(leaf, intermediates, roots);
  path.forEach(requireUnderstood);
  for (const [below, certificate] of path.slice(0, -1).entries()) {
    const issuer = path[below + 1]!;
    requireCa(issuer, below);
    requireIssued(certificate, issuer);
  }
  const root = path.at(-1)!;
  requireSignature(root, root.tbs, root.signature);
  path.forEach((certificate) => requireValid(certificate, at));
  requireUsage(leaf, KeyUse.digitalSignature);
  return { leaf, intermediates: path.slice(1, -1), root };
}

/**
 * Searches a path, in the order of `intermediates`: a cross-certified CA has a certificate by each root. Each
 * certificate is visited once, so that many with the same name cost no more than their number.
 */
function findPath(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  roots: readonly Certificate[],
): Certificate[] {
  const seen = [leaf];
  const waiting = [[leaf]];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const last = path.at(-1)!;
    const root = roots.find((candidate) => isNamed(last, candidate));
    if (root !== undefined) {
      return [...path, root];
    }
    if (path.length > MAX_INTERMEDIATES) {
      continue;
    }
    const next: Certificate[][] = [];
    for (const candidate of intermediates) {
      if (isNamed(last, candidate) && !seen.some((used) => isSameCertificate(used, candidate))) {
        seen.push(candidate);
        next.push([...path, candidate]);
      }
    }
    waiting.push(...next.toReversed());
  }
  throw new PartError("unknown_issuer", "no path to a trusted root");
}

/** Reports whether the certificate names this issuer, by name and key identifier. */
export function isNamed({ issuer, values }: Certificate, by: Certificate): boolean {
  const [aki, ski] = [values.aki, by.values.ski];
  return (
    equalBytes(issuer.der, by.subject.der) &&
    (aki === null || ski === null ? aki === ski : equalBytes(aki, ski))
  );
}

/** Verifies the signature over `tbs` with the key of `by`. */
export function requireSignature(by: Certificate, tbs: Uint8Array, signature: Signature): void {
  try {
    verifyDigest(by.publicKey, digest(by.publicKey, tbs), signature);
  } catch (error) {
    if (error instanceof GmError) {
      throw new PartError("bad_signature", "the signature on a certificate, list or answer does not verify");
    }
    throw error;
  }
}

/** Checks that `at` is within the validity, both ends included; the last second is included entirely. */
export function requireValid({ notBefore, notAfter }: Certificate, at: number): void {
  if (at < notBefore) {
    throw new PartError("not_yet_valid", "a certificate is not valid yet");
  }
  if (at >= notAfter + SECOND) {
    throw new PartError("expired", "a certificate has expired");
  }
}

export function requireUnderstood({ values }: Certificate): void {
  if (values.unknownCritical.length > 0) {
    throw new PartError("unknown_critical_extension", "a certificate has an unknown critical extension");
  }
}

export function requireIssued(certificate: Certificate, issuer: Certificate): void {
  if (!isNamed(certificate, issuer) || certificate.values.aki === null) {
    throw new PartError("unknown_issuer", "a certificate is not issued by this issuer");
  }
  requireSignature(issuer, certificate.tbs, certificate.signature);
}

/** Checks that the certificate may sign certificates with `below` CAs between it and the leaf. */
function requireCa({ values }: Certificate, below: number): void {
  const isTooDeep = values.pathLength !== null && BigInt(below) > values.pathLength;
  if (!values.isCa || isTooDeep || !values.keyUsage.has(KeyUse.keyCertSign)) {
    throw new PartError("not_a_ca", "an issuer may not sign this certificate");
  }
}

export function requireUsage({ values }: Certificate, use: number): void {
  if (!values.keyUsage.has(use)) {
    throw new PartError("wrong_usage", "a certificate may not be used for this");
  }
}
