/**
 * Certificates of time stamping authorities and their CAs, with SM2 or P-256, and the path to a trusted root.
 */

import { FormError } from "@mshield/forms";
import { hex, equalBytes } from "@mshield/gm";
import { sha256 } from "@noble/hashes/sha2.js";

import { readTbs, type Tbs, V3 } from "../certificate.ts";
import { TimeStampError } from "../errors.ts";
import type { Profile } from "../evidence.ts";
import { type ExtensionValues, KeyUse, readValues } from "../extensions.ts";
import { OIDS } from "../oids.ts";
import { allOf, Reader, whole } from "../reader.ts";
import { curveOf, isSignatureOf, readAlgorithm, requireSigned } from "./algorithms.ts";

/** Maximum number of certificates between an authority's and its root. */
const MAX_PATH = 4;
export const POINT_BYTES = 65;
const SECOND = 1000;

/**
 * Times in ms; `signedWith` is the algorithm of its own signature, `isStrict` whether the strict reader
 * accepted it.
 */
export interface TsaCertificate extends Tbs {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly signedWith: string;
  readonly signature: Uint8Array;
  readonly profile: Profile;
  readonly values: Pick<
    ExtensionValues,
    "ski" | "aki" | "isCa" | "pathLength" | "keyUsage" | "purposes" | "unknownCritical"
  >;
  readonly isStrict: boolean;
}

/** Parses a certificate in DER. Throws: TimeStampError `certificate`. */
export function parseTsaCertificate(der: Uint8Array): TsaCertificate {
  return readFrame(der, (inside, algorithm) => {
    const body = readTbs(inside);
    if (
      body.version !== V3 ||
      !equalBytes(body.algorithm, algorithm) ||
      body.publicKey.length !== POINT_BYTES
    ) {
      throw new FormError("not of version 3, or its parts do not fit each other");
    }
    return {
      ...body,
      signedWith: readAlgorithm(new Reader(algorithm)),
      profile: curveOf(body.keyAlgorithm),
      values: readValues(body.extensions),
      isStrict: true,
    };
  });
}

/**
 * Parses the three parts of a certificate; `read` reads the first, with the algorithm beside it. Throws:
 * TimeStampError `certificate` if malformed.
 */
export function readFrame(
  der: Uint8Array,
  read: (
    inside: Reader,
    algorithm: Uint8Array,
  ) => Omit<TsaCertificate, "der" | "tbs" | "algorithm" | "signature">,
): TsaCertificate {
  try {
    const [tbs, algorithm, signature] = whole(der, (outer) =>
      allOf(outer.enter(), (inside) => [inside.raw(0x30), inside.raw(0x30), inside.bits()] as const),
    );
    const body = whole(tbs, (outer) => allOf(outer.enter(), (inside) => read(inside, algorithm)));
    return { ...body, der, tbs, algorithm, signature };
  } catch (error) {
    throw error instanceof FormError ? new TimeStampError("certificate", error.message) : error;
  }
}

/**
 * Checks that it is a time stamping authority's, valid at that time (ms). `waived` lists certificates by
 * SHA-256 (hex) that needn't declare this purpose.
 */
export function requireAuthority(
  certificate: TsaCertificate,
  at: number,
  waived: readonly string[] = [],
): void {
  const { values, extensions } = certificate;
  if (values.unknownCritical.length > 0) {
    throw new TimeStampError("certificate", "an unknown critical extension");
  }
  const signs =
    values.keyUsage.size === 0 ||
    values.keyUsage.has(KeyUse.digitalSignature) ||
    values.keyUsage.has(KeyUse.nonRepudiation);
  const isCritical = extensions.some(
    (extension) => extension.oid === OIDS.extendedKeyUsage && extension.isCritical,
  );
  const [purpose, ...more] = values.purposes;
  const stamps = isCritical && purpose === OIDS.timeStamping && more.length === 0 && signs;
  if (!stamps && !waived.includes(hex(sha256(certificate.der)))) {
    throw new TimeStampError("purpose", "the certificate is not for time stamps alone");
  }
  requireValid(certificate, at);
}

/** Returns the root among `roots` that the leaf leads to, possibly itself; null if none. */
export function rootOf(
  leaf: TsaCertificate,
  others: readonly TsaCertificate[],
  roots: readonly TsaCertificate[],
  at: number,
): TsaCertificate | null {
  if (roots.some((root) => equalBytes(root.der, leaf.der))) {
    return leaf;
  }
  let current = leaf;
  for (let below = 0; below <= MAX_PATH; below += 1) {
    const isAbove = (candidate: TsaCertificate): boolean => isIssued(current, candidate, below, at);
    const root = roots.find(isAbove);
    if (root !== undefined) {
      return root;
    }
    const above = others.find((candidate) => !equalBytes(candidate.der, current.der) && isAbove(candidate));
    if (above === undefined) {
      return null;
    }
    current = above;
  }
  return null;
}

/** Reports whether this CA, while valid, issued that certificate, with `below` CAs beneath it. */
function isIssued(one: TsaCertificate, issuer: TsaCertificate, below: number, at: number): boolean {
  const { values } = issuer;
  const may =
    equalBytes(one.issuer.der, issuer.subject.der) &&
    isSignatureOf(issuer.profile, one.signedWith) &&
    values.isCa &&
    (values.pathLength === null || BigInt(below) <= values.pathLength) &&
    signsCertificates(issuer) &&
    values.unknownCritical.length === 0 &&
    (one.values.aki === null || values.ski === null || equalBytes(one.values.aki, values.ski));
  if (!may) {
    return false;
  }
  try {
    requireValid(issuer, at);
    requireSigned(issuer.profile, issuer.publicKey, one.tbs, one.signature);
    return true;
  } catch (error) {
    if (error instanceof TimeStampError) {
      return false;
    }
    throw error;
  }
}

/** Other CAs may omit the key usage, as in `foreign/path.ts`. */
function signsCertificates({ values: { keyUsage }, isStrict }: TsaCertificate): boolean {
  return keyUsage.size === 0 ? !isStrict : keyUsage.has(KeyUse.keyCertSign);
}

/** Checks the validity; the last second is included entirely. */
function requireValid({ notBefore, notAfter }: TsaCertificate, at: number): void {
  if (at < notBefore || at >= notAfter + SECOND) {
    throw new TimeStampError("time", "outside the certificate's life");
  }
}
