/** Certificates of other authorities by the tolerant reader, as licensed CAs write them (`foreign/`). */

import { FormError, oid, sequence, tlv } from "@mshield/forms";
import { checkPoint, GmError, equalBytes } from "@mshield/gm";

import { V3 } from "../certificate.ts";
import { TimeStampError } from "../errors.ts";
import type { Profile } from "../evidence.ts";
import { readForeignExtensions, readForeignValues } from "../foreign/extensions.ts";
import { ALGORITHMS, KEY_ALGORITHMS, readSerial } from "../foreign/frame.ts";
import { readForeignName } from "../foreign/names.ts";
import { OIDS } from "../oids.ts";
import { allOf, optional, type Reader } from "../reader.ts";
import { parseTsaCertificate, POINT_BYTES, readFrame, type TsaCertificate } from "./certificate.ts";

const ECDSA = oid(OIDS.ecdsaWithSha256);
const ECDSA_ALGORITHMS = [sequence(ECDSA), sequence(ECDSA, tlv(5))];
const P256 = sequence(oid(OIDS.ecPublicKey), oid(OIDS.p256));
const UNCOMPRESSED = 4;

/** Parses a certificate in DER, strictly if possible. Throws: TimeStampError `certificate`. */
export function parseAnyTsaCertificate(der: Uint8Array): TsaCertificate {
  try {
    return parseTsaCertificate(der);
  } catch (error) {
    if (error instanceof TimeStampError) {
      return parseForeignTsaCertificate(der);
    }
    throw error;
  }
}

/** Like `parseTsaCertificate`, with the deviations of real CAs. */
export function parseForeignTsaCertificate(der: Uint8Array): TsaCertificate {
  return readFrame(der, readBody);
}

function readBody(
  inside: Reader,
  algorithm: Uint8Array,
): Omit<TsaCertificate, "der" | "tbs" | "algorithm" | "signature"> {
  const version = optional(inside, 0, (reader) => reader.integer());
  if (version !== V3) {
    throw new FormError("not a version 3 certificate");
  }
  const serial = readSerial(inside);
  const signedWith = signatureOf(algorithm);
  if (!equalBytes(inside.raw(0x30), algorithm) || signedWith === null) {
    throw new FormError("the two signature algorithms differ, or are neither of SM2 nor of P-256");
  }
  const issuer = readForeignName(inside);
  const [notBefore, notAfter] = allOf(
    inside.enter(),
    (validity) => [validity.anyTime(), validity.anyTime()] as const,
  );
  if (notAfter < notBefore) {
    throw new FormError("the validity ends before it begins");
  }
  const subject = readForeignName(inside);
  const [keyAlgorithm, publicKey] = allOf(inside.enter(), (key) => [key.raw(0x30), key.bits()] as const);
  const profile = profileOf(keyAlgorithm, publicKey);
  const extensions = optional(inside, 3, readForeignExtensions) ?? [];
  const { keyUsage, purposes, ...values } = readForeignValues(extensions);
  return {
    version, serial, signedWith, issuer, notBefore, notAfter, subject, keyAlgorithm, publicKey, profile, extensions,
    values: { ...values, keyUsage: keyUsage ?? new Set<number>(), purposes: purposes ?? [] }, isStrict: false,
  }; // prettier-ignore
}

function signatureOf(algorithm: Uint8Array): string | null {
  const isOf = (known: Uint8Array): boolean => equalBytes(known, algorithm);
  if (ALGORITHMS.some(isOf)) {
    return OIDS.sm2WithSm3;
  }
  return ECDSA_ALGORITHMS.some(isOf) ? OIDS.ecdsaWithSha256 : null;
}

/** Returns the curve of the key. A point off P-256 is refused when a signature is verified. */
function profileOf(algorithm: Uint8Array, publicKey: Uint8Array): Profile {
  if (KEY_ALGORITHMS.some((known) => equalBytes(known, algorithm)) && isOnCurve(publicKey)) {
    return "sm2";
  }
  if (equalBytes(algorithm, P256) && publicKey.length === POINT_BYTES && publicKey[0] === UNCOMPRESSED) {
    return "p256";
  }
  throw new FormError("a key is no uncompressed point of the SM2 curve or of P-256");
}

function isOnCurve(publicKey: Uint8Array): boolean {
  try {
    checkPoint(publicKey);
    return true;
  } catch (error) {
    if (error instanceof GmError) {
      return false;
    }
    throw error;
  }
}
