/** Certificates of time stamping authorities and those above them, with SM2 or on P-256, and the path to a trusted root. */

import { FormError } from "@mshield/forms";
import { hex, same } from "@mshield/gm";
import { sha256 } from "@noble/hashes/sha2.js";

import { readTbs, type Tbs, V3 } from "../certificate.ts";
import { TimeStampError } from "../errors.ts";
import type { Profile } from "../evidence.ts";
import { type ExtensionValues, KeyUse, readValues } from "../extensions.ts";
import { OIDS } from "../oids.ts";
import { allOf, Reader, whole } from "../reader.ts";
import { curveOf, isSignatureOf, readAlgorithm, requireSigned } from "./algorithms.ts";

/** Certificates between an authority's and its root. */
const MAX_PATH = 4;
export const POINT_BYTES = 65;
const SECOND = 1000;

/** Times in ms; `signedWith` names the algorithm of its own signature, `isStrict` whether the strict reader took it. */
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

/** A certificate from DER; TimeStampError `certificate`. */
export function parseTsaCertificate(der: Uint8Array): TsaCertificate {
  return readFrame(der, (inside, algorithm) => {
    const body = readTbs(inside);
    if (body.version !== V3 || !same(body.algorithm, algorithm) || body.publicKey.length !== POINT_BYTES) {
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
 * A certificate of three parts; `read` makes of the first, with the algorithm beside it, all but these. TimeStampError
 * `certificate` for what is out of form.
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
 * It is a time stamping authority's, and was in its life at that time (ms). `waived` names certificates by SHA-256 (hex)
 * that need not say what they are for.
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

/** The root among `roots` that the leaf leads to, which may be itself; null where none is. */
export function rootOf(
  leaf: TsaCertificate,
  others: readonly TsaCertificate[],
  roots: readonly TsaCertificate[],
  at: number,
): TsaCertificate | null {
  if (roots.some((root) => same(root.der, leaf.der))) {
    return leaf;
  }
  let current = leaf;
  for (let below = 0; below <= MAX_PATH; below += 1) {
    const isAbove = (candidate: TsaCertificate): boolean => isIssued(current, candidate, below, at);
    const root = roots.find(isAbove);
    if (root !== undefined) {
      return root;
    }
    const above = others.find((candidate) => !same(candidate.der, current.der) && isAbove(candidate));
    if (above === undefined) {
      return null;
    }
    current = above;
  }
  return null;
}

/** Whether this CA issued that certificate, `below` CAs beneath it, and was in its life. */
function isIssued(one: TsaCertificate, issuer: TsaCertificate, below: number, at: number): boolean {
  const { values } = issuer;
  const may =
    same(one.issuer.der, issuer.subject.der) &&
    isSignatureOf(issuer.profile, one.signedWith) &&
    values.isCa &&
    (values.pathLength === null || BigInt(below) <= values.pathLength) &&
    signsCertificates(issuer) &&
    values.unknownCritical.length === 0 &&
    (one.values.aki === null || values.ski === null || same(one.values.aki, values.ski));
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

/** Of other people's CAs one may leave it unsaid, as `foreign/path.ts` has it. */
function signsCertificates({ values: { keyUsage }, isStrict }: TsaCertificate): boolean {
  return keyUsage.size === 0 ? !isStrict : keyUsage.has(KeyUse.keyCertSign);
}

/** The last second counts to its end. */
function requireValid({ notBefore, notAfter }: TsaCertificate, at: number): void {
  if (at < notBefore || at >= notAfter + SECOND) {
    throw new TimeStampError("time", "outside the certificate's life");
  }
}
