/**
 * Time stamp tokens (RFC 3161, 2.4.2): a SignedData over a TSTInfo, in the forms in use.
 *
 * Old Chinese authorities use the GB content type, and SM2 with SM3 as the digest, which then includes Z
 * (GM/T 0033).
 */

import { FormError, oid, setOf } from "@mshield/forms";
import { concat, equalBytes, zValue } from "@mshield/gm";

import { TimeStampError } from "../errors.ts";
import { readForeignName } from "../foreign/names.ts";
import { OIDS } from "../oids.ts";
import { allOf, BOOLEAN, INTEGER, listOf, OCTET_STRING, type Reader, whole } from "../reader.ts";
import { moment } from "../time.ts";
import { type Hash, HASH_OF, hashed, hashName, readAlgorithm } from "./algorithms.ts";
import type { TsaCertificate } from "./certificate.ts";
import { parseAnyTsaCertificate } from "./foreign.ts";

/** Maximum octets of a token with its certificates. */
const MAX_TOKEN = 64 * 1024;
const MAX_CERTIFICATES = 16;
const DIGEST_BYTES = 32;
const [SEQUENCE, SET, GENERALIZED_TIME] = [0x30, 0x31, 0x18] as const;
const SECOND = 1_000_000n;
const TIME = /^(\d{14})(?:\.(\d{0,8}[1-9]))?Z$/;

/** Contents of a token: `at` in ms, `accuracy` in microseconds if specified. */
export interface StampInfo {
  readonly policy: string;
  readonly hash: Hash;
  readonly digest: Uint8Array;
  readonly serial: bigint;
  readonly at: number;
  readonly accuracy: bigint | null;
  readonly nonce: bigint | null;
}

/** A parsed token; nothing of it is verified. */
export interface TimeStampToken {
  readonly arc: "rfc" | "gb";
  readonly info: StampInfo;
  readonly content: Uint8Array;
  readonly signer: TsaCertificate;
  readonly certificates: readonly TsaCertificate[];
  readonly digestAlgorithm: string;
  readonly messageDigest: Uint8Array;
  /**
   * Hash of the signer's certificate in the signed attributes; null means SHA-1, which only identifies
   * it.
   */
  readonly named: readonly [name: Hash | null, digest: Uint8Array];
  /** Octets that the signature covers. */
  readonly signed: Uint8Array;
  readonly signatureAlgorithm: string;
  readonly signature: Uint8Array;
}

/** Returns the digest of the content that the signed attributes must have. */
export function expectedDigest({ digestAlgorithm, signer, content }: TimeStampToken): Uint8Array {
  if (digestAlgorithm === OIDS.sm2WithSm3 && signer.profile === "sm2") {
    return hashed("sm3", concat(zValue(signer.publicKey), content));
  }
  const name = hashName(digestAlgorithm);
  if (name === null || name !== HASH_OF[signer.profile]) {
    throw new TimeStampError("digest", "the digest is not of the key's algorithm");
  }
  return hashed(name, content);
}

/** Parses a token of an accepted form. Throws: TimeStampError. */
export function parseToken(data: Uint8Array): TimeStampToken {
  if (data.length > MAX_TOKEN) {
    throw new TimeStampError("form", "too long");
  }
  try {
    return readToken(data);
  } catch (error) {
    throw error instanceof FormError ? new TimeStampError("form", error.message) : error;
  }
}

function readToken(data: Uint8Array): TimeStampToken {
  const [arc, inside] = whole(data, (reader) => allOf(reader.enter(), readOuter));
  const version = inside.integer();
  if (version !== 1n && version !== 3n) {
    throw new FormError("neither version 3 nor 1");
  }
  const listed = readListed(inside.enter(SET));
  const content = allOf(inside.enter(), readContent);
  const certificates = inside.next === 0xa0 ? readCertificates(inside.enter(0xa0)) : [];
  if (inside.next === 0xa1) {
    inside.raw(); // revocation lists
  }
  const signers = inside.enter(SET);
  inside.end();
  const signer = signers.enter();
  if (signers.more) {
    throw new FormError("there must be exactly one signer");
  }
  const read = readSigner(content, certificates, signer);
  if (!listed.includes(read.digestAlgorithm)) {
    throw new FormError("the signer's digest algorithm is not among those listed");
  }
  return { arc, ...read };
}

/** Reads the digest algorithms named for all signers; nothing else covers them. */
function readListed(algorithms: Reader): string[] {
  const listed: string[] = [];
  while (algorithms.more) {
    listed.push(readAlgorithm(algorithms));
  }
  return listed;
}

function readOuter(outer: Reader): readonly [arc: TimeStampToken["arc"], inside: Reader] {
  const type = outer.oid();
  if (type !== OIDS.cmsSignedData && type !== OIDS.gbSignedData) {
    throw new FormError("not a SignedData");
  }
  const wrapped = outer.explicit(0);
  if (wrapped === null) {
    throw new FormError("no content");
  }
  return [type === OIDS.gbSignedData ? "gb" : "rfc", allOf(wrapped, (reader) => reader.enter())];
}

function readContent(inside: Reader): Uint8Array {
  if (inside.oid() !== OIDS.tstInfo) {
    throw new TimeStampError("content_type", "the content is no time stamp");
  }
  const wrapped = inside.explicit(0);
  if (wrapped === null) {
    throw new FormError("no content");
  }
  return allOf(wrapped, (reader) => reader.octets());
}

/** Returns those that either reader accepts, in any order; others can't be part of a path. */
function readCertificates(inside: Reader): TsaCertificate[] {
  const all = listOf(inside, (reader) => reader.raw());
  if (all.length > MAX_CERTIFICATES) {
    throw new FormError("too many certificates");
  }
  return all.flatMap((der) => {
    try {
      return [parseAnyTsaCertificate(der)];
    } catch (error) {
      if (error instanceof TimeStampError) {
        return [];
      }
      throw error;
    }
  });
}

function readSigner(
  content: Uint8Array,
  certificates: readonly TsaCertificate[],
  info: Reader,
): Omit<TimeStampToken, "arc"> {
  if (info.integer() !== 1n) {
    throw new FormError("the signer must be named by issuer and serial number");
  }
  const [issuer, serial] = allOf(info.enter(), (by) => [readForeignName(by).der, by.integer()] as const);
  const digestAlgorithm = readAlgorithm(info);
  const tag = info.next;
  if (tag !== 0xa0) {
    throw new FormError("no signed attributes");
  }
  const [signed, attributes] = readAttributes(info.enter(tag));
  const [signatureAlgorithm, signature] = [readAlgorithm(info), info.octets()];
  if (info.next === 0xa1) {
    info.raw(); // unsigned attributes
  }
  info.end();
  const [signer, ...more] = certificates.filter(
    (one) => one.serial === serial && equalBytes(one.issuer.der, issuer),
  );
  if (signer === undefined || more.length > 0) {
    throw new TimeStampError("certificate", "the authority's certificate is missing or ambiguous");
  }
  const type = attributes.get(OIDS.contentType);
  if (type === undefined || !equalBytes(type, oid(OIDS.tstInfo))) {
    throw new TimeStampError("content_type", "the signed content type is no time stamp");
  }
  const messageDigest = whole(attributes.get(OIDS.messageDigest) ?? new Uint8Array(), (reader) =>
    reader.octets(),
  );
  const named = readNamed(attributes);
  return {
    info: readInfo(content),
    content,
    signer,
    certificates,
    digestAlgorithm,
    messageDigest,
    named,
    signed,
    signatureAlgorithm,
    signature,
  };
}

/** Returns what is signed, the attributes in DER's order, and the only value of each by its type. */
function readAttributes(inside: Reader): [signed: Uint8Array, values: Map<string, Uint8Array>] {
  const elements = listOf(inside, (reader) => reader.raw(SEQUENCE));
  const values = new Map<string, Uint8Array>();
  for (const element of elements) {
    const [type, value] = whole(element, (reader) =>
      allOf(reader.enter(), (attribute) => {
        const name = attribute.oid();
        return [name, allOf(attribute.enter(SET), (those) => those.raw())] as const;
      }),
    );
    if (values.has(type)) {
      throw new FormError("a repeated signed attribute");
    }
    values.set(type, value);
  }
  return [setOf(...elements), values];
}

/** Returns the first certificate named by signing-certificate-v2, or by v1, which uses SHA-1. */
function readNamed(attributes: ReadonlyMap<string, Uint8Array>): [name: Hash | null, digest: Uint8Array] {
  const second = attributes.get(OIDS.signingCertificateV2);
  const value = second ?? attributes.get(OIDS.signingCertificate);
  if (value === undefined) {
    throw new TimeStampError("signer_certificate", "no signing-certificate attribute");
  }
  const one = whole(value, (reader) => reader.enter())
    .enter()
    .enter();
  if (second === undefined) {
    return [null, one.octets()];
  }
  if (one.next === OCTET_STRING) {
    return ["sha256", one.octets()];
  }
  const name = hashName(readAlgorithm(one));
  if (name === null) {
    throw new TimeStampError("signer_certificate", "named by a hash that is not believed");
  }
  return [name, one.octets()];
}

function readInfo(content: Uint8Array): StampInfo {
  return whole(content, (reader) =>
    allOf(reader.enter(), (inside) => {
      if (inside.integer() !== 1n) {
        throw new FormError("not version 1");
      }
      const policy = inside.oid();
      const [hash, digest] = readImprint(inside);
      const serial = inside.integer();
      const at = readTime(inside.content(GENERALIZED_TIME));
      const accuracy = inside.next === SEQUENCE ? readAccuracy(inside.enter()) : null;
      if (inside.next === BOOLEAN) {
        inside.defaultFalse(); // ordering
      }
      const nonce = inside.next === INTEGER ? inside.integer() : null;
      if (inside.next === 0xa0) {
        inside.raw(); // the authority's name
      }
      if (inside.more) {
        throw new TimeStampError("extension", "no extension is understood");
      }
      return { policy, hash, digest, serial, at, accuracy, nonce };
    }),
  );
}

function readImprint(reader: Reader): [hash: Hash, digest: Uint8Array] {
  const [name, digest] = allOf(
    reader.enter(),
    (inside) => [hashName(readAlgorithm(inside)), inside.octets()] as const,
  );
  if (name === null) {
    throw new TimeStampError("weak_hash", "neither SM3 nor SHA-256");
  }
  if (digest.length !== DIGEST_BYTES) {
    throw new FormError("the hash has another length");
  }
  return [name, digest];
}

/** Returns microseconds. */
function readAccuracy(inside: Reader): bigint {
  const [seconds, millis, micros] = allOf(inside, (reader) => [
    reader.next === INTEGER ? reader.integer() : 0n,
    reader.next === 0x80 ? reader.integer(0x80) : 0n,
    reader.next === 0x81 ? reader.integer(0x81) : 0n,
  ]) as [bigint, bigint, bigint];
  if (seconds < 0n || millis < 0n || millis >= 1000n || micros < 0n || micros >= 1000n) {
    throw new FormError("no accuracy");
  }
  return seconds * SECOND + millis * 1000n + micros;
}

/** Reads a time with or without a fraction, which ends in no zero (RFC 3161, 2.4.2); ms, truncated. */
function readTime(octets: Uint8Array): number {
  const parts = TIME.exec(String.fromCharCode(...octets.subarray(0, 32)));
  if (parts === null || octets.length > 32) {
    throw new FormError("time is not YYYYMMDDHHMMSS[.f]Z");
  }
  const [, whole14, fraction = ""] = parts;
  return moment(`${whole14}Z`) + Number(fraction.slice(0, 3).padEnd(3, "0"));
}
