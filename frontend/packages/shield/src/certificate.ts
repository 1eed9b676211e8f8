/**
 * The certification request that the phone signs, built here and compared byte by byte, and what the phone
 * checks of a certificate: its key, names and serial number. Others verify the path.
 */

import {
  bitString,
  GENERALIZED_TIME,
  oid,
  readSingle,
  printableString,
  sequence,
  SET,
  tlv,
  UTC_TIME,
  utf8String,
  type Value,
  values,
} from "@mshield/forms";
import { hex, equalBytes } from "@mshield/gm";

import { ProtocolError } from "./errors.ts";
import type { Subject } from "./messages.ts";
import { fromBase64, utf8Text } from "./strict_json.ts";

const [COUNTRY, ORGANISATION, UNIT, COMMON_NAME] = ["2.5.4.6", "2.5.4.10", "2.5.4.11", "2.5.4.3"].map(
  oid,
) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const VERSION_1 = tlv(2, Uint8Array.of(0));
const NO_ATTRIBUTES = tlv(0xa0);
const PEM = /^-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;

/** Fields of a certificate that the phone needs; times in ms. */
export interface CertificateFields {
  readonly subject: Subject;
  /** 40 hex digits. */
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKeyInfo: Uint8Array;
}

/**
 * Returns the CertificationRequestInfo (PKCS#10, GM/T 0092) for this name and key: version 1, no attributes.
 */
export function requestInfo(subject: Subject, P: Uint8Array): Uint8Array {
  return sequence(VERSION_1, nameOf(subject), publicKeyInfo(P), NO_ATTRIBUTES);
}

/**
 * Returns the names in a certificate, or null if it is for another key than P. Throws: ProtocolError
 * `bad_certificate`.
 */
export function certifiedNames(pem: string, P: Uint8Array): Subject | null {
  const facts = readPem(pem);
  return equalBytes(facts.publicKeyInfo, publicKeyInfo(P)) ? facts.subject : null;
}

/** Returns the serial number as 40 hex digits. */
export function serialOf(pem: string): string {
  return readPem(pem).serial;
}

export function sameSubject(a: Subject, b: Subject): boolean {
  return equalBytes(nameOf(a), nameOf(b));
}

/** Reads a certificate stored on this phone, without a call. Throws: ProtocolError `bad_certificate`. */
export function readPem(pem: string): CertificateFields {
  return asCertificateError(() => read(bodyOf(pem)));
}

/** Calls `from` and turns whatever it throws into ProtocolError `bad_certificate`. */
export function asCertificateError<T>(from: () => T): T {
  try {
    return from();
  } catch (error) {
    throw new ProtocolError("bad_certificate", error instanceof Error ? error.message : undefined);
  }
}

/** Returns the values of the signed part: version, serial number, algorithm, issuer … (RFC 5280, 4.1). */
export function bodyOf(pem: string): Value[] {
  const body = PEM.exec(pem)?.[1];
  if (body === undefined) {
    throw new RangeError("not PEM");
  }
  const [tbs] = values(readSingle(fromBase64(body.replaceAll(/\s/g, ""))).content);
  return values(tbs?.content ?? new Uint8Array());
}

/** Returns the certificate's DER. */
export function derOf(pem: string): Uint8Array {
  return asCertificateError(() => fromBase64((PEM.exec(pem)?.[1] ?? "").replaceAll(/\s/g, "")));
}

/** Reads version, serial number, algorithm, issuer, validity, subject and key, in this order. */
function read(body: readonly Value[]): CertificateFields {
  const [version, serial, , , validity, subject, key] = body;
  if (version?.tag !== 0xa0 || serial?.tag !== 2 || subject === undefined || key === undefined) {
    throw new RangeError("not a certificate of version 3");
  }
  const number = hex(serial.content).replace(/^00/, "").padStart(40, "0");
  const [notBefore, notAfter] = values(validity?.content ?? new Uint8Array()).map(readTime);
  if (notBefore === undefined || notAfter === undefined) {
    throw new RangeError("no validity");
  }
  return { subject: readName(subject.raw), serial: number, notBefore, notAfter, publicKeyInfo: key.raw };
}

/**
 * Reads a UTCTime (until 2049) or GeneralizedTime (from 2050; RFC 5280, 4.1.2.5), always to the second and in
 * UTC.
 */
function readTime({ tag, content }: Value): number {
  const text = utf8Text(content);
  const digits = tag === UTC_TIME ? `${Number(text.slice(0, 2)) < 50 ? "20" : "19"}${text}` : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if ((tag !== UTC_TIME && tag !== GENERALIZED_TIME) || parts === null) {
    throw new RangeError("not a time");
  }
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Returns the four parts of a name; a missing one is empty. */
export function readName(name: Uint8Array): Subject {
  const parts = new Map<string, string>();
  for (const field of values(readSingle(name).content)) {
    const [kind, text] = values(readSingle(readSingle(field.raw, SET).content).content);
    if (kind === undefined || text === undefined) {
      throw new RangeError("not a name");
    }
    parts.set(hex(kind.raw), utf8Text(text.content));
  }
  const part = (kind: Uint8Array): string => parts.get(hex(kind)) ?? "";
  return {
    country: part(COUNTRY),
    organisation: part(ORGANISATION),
    role: part(UNIT),
    commonName: part(COMMON_NAME),
  };
}

/** Encodes a name by GM/T 0015: C as PrintableString, the rest as UTF8String, one attribute per level. */
function nameOf({ country, organisation, role, commonName }: Subject): Uint8Array {
  return sequence(
    level(COUNTRY, printableString(country)),
    level(ORGANISATION, utf8String(organisation)),
    level(UNIT, utf8String(role)),
    level(COMMON_NAME, utf8String(commonName)),
  );
}

function level(kind: Uint8Array, text: Uint8Array): Uint8Array {
  return tlv(SET, sequence(kind, text));
}

/** Encodes SubjectPublicKeyInfo of an SM2 key. */
function publicKeyInfo(P: Uint8Array): Uint8Array {
  return sequence(sequence(oid("1.2.840.10045.2.1"), oid("1.2.156.10197.1.301")), bitString(P));
}
