/** A parsed certificate: SM2, version 3, strict DER (GM/T 0015). `path.ts` decides whether to trust it. */

import { FormError, fromBase64 } from "@mshield/forms";
import { checkPoint, GmError, equalBytes, type Signature } from "@mshield/gm";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { type Extension, type ExtensionValues, readExtensions, readValues } from "./extensions.ts";
import { ALGORITHM, KEY_ALGORITHM, readFrame } from "./frame.ts";
import { attribute, type Name, readName } from "./names.ts";
import { OIDS } from "./oids.ts";
import { allOf, optional, type Reader, whole } from "./reader.ts";
import { pemBlocks } from "./text.ts";

export const V3 = 2n;
const SERIAL_BITS = 159n;
const LINE = 64;

/** Times in ms; `tbs` is what `signature` covers. */
export interface Certificate {
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly signature: Signature;
  readonly serial: bigint;
  readonly issuer: Name;
  readonly subject: Name;
  readonly notBefore: number;
  readonly notAfter: number;
  /** 65 bytes. */
  readonly publicKey: Uint8Array;
  readonly values: ExtensionValues;
}

/** Parses a certificate in DER. Throws: FormError. */
export function parseCertificate(der: Uint8Array): Certificate {
  const { tbs, signature } = whole(der, (outer) => allOf(outer.enter(), readFrame));
  return { der, tbs, signature, ...whole(tbs, (outer) => allOf(outer.enter(), readBody)) };
}

/** A decoded TBSCertificate, not validated; algorithms as their DER, times in ms. */
export interface Tbs {
  readonly version: bigint;
  readonly serial: bigint;
  readonly algorithm: Uint8Array;
  readonly issuer: Name;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly subject: Name;
  readonly keyAlgorithm: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly extensions: readonly Extension[];
}

export function readTbs(inside: Reader): Tbs {
  const version = optional(inside, 0, (reader) => reader.integer()) ?? 0n;
  const serial = inside.integer();
  const algorithm = inside.raw(0x30);
  const issuer = readName(inside);
  const [notBefore, notAfter] = allOf(
    inside.enter(),
    (validity) => [validity.time(), validity.time()] as const,
  );
  const subject = readName(inside);
  const [keyAlgorithm, publicKey] = allOf(inside.enter(), (key) => [key.raw(0x30), key.bits()] as const);
  const extensions = optional(inside, 3, readExtensions) ?? [];
  return {
    version, serial, algorithm, issuer, notBefore, notAfter, subject, keyAlgorithm, publicKey, extensions,
  }; // prettier-ignore
}

function readBody(inside: Reader): Omit<Certificate, "der" | "tbs" | "signature"> {
  const { version, algorithm, keyAlgorithm, extensions, ...tbs } = readTbs(inside);
  const { serial, publicKey } = tbs;
  if (version !== V3 || !equalBytes(algorithm, ALGORITHM)) {
    throw new FormError("not of version 3, or the two signature algorithms differ");
  }
  if (!equalBytes(keyAlgorithm, KEY_ALGORITHM) || !isPoint(publicKey)) {
    throw new FormError("the public key is not an uncompressed point of the SM2 curve");
  }
  if (serial <= 0n || serial >> SERIAL_BITS !== 0n) {
    throw new FormError("the serial number is not positive or longer than 20 octets");
  }
  return { ...tbs, values: readValues(extensions) };
}

/** Parses all certificates of a PEM text, in order; text around them is ignored. */
export function parsePem(text: string): Certificate[] {
  return pemBlocks("CERTIFICATE", text).map((body) => parseCertificate(fromBase64(body, { lax: true })));
}

/** Encodes PEM with lines of 64 characters and a final newline. */
export function toPem(base64: string): string {
  const lines = base64.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

/** Returns SHA-1 of the key's bits, OCSP's key hash. */
export function keyId(publicKey: Uint8Array): Uint8Array {
  return sha1(publicKey);
}

/** Returns SHA-256 of the whole certificate. */
export function fingerprint({ der }: Pick<Certificate, "der">): Uint8Array {
  return sha256(der);
}

export function isSameCertificate(a: Certificate, b: Certificate): boolean {
  return equalBytes(a.der, b.der);
}

export interface Person {
  readonly name: string;
  readonly organisation: string;
  readonly role: string;
  readonly creditCode: string | null;
}

/** Returns the person that a shield's certificate names. */
export function personOf({ subject, values }: Certificate): Person {
  const part = (kind: string): string => attribute(subject, kind) ?? "";
  return {
    name: part(OIDS.commonName),
    organisation: part(OIDS.organisation),
    role: part(OIDS.organisationalUnit),
    creditCode: values.creditCode,
  };
}

function isPoint(octets: Uint8Array): boolean {
  try {
    checkPoint(octets);
    return true;
  } catch (error) {
    if (error instanceof GmError) {
      return false;
    }
    throw error;
  }
}
