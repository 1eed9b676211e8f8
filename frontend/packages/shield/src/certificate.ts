/**
 * The certification request that the phone signs, built here and compared by the byte, and what it checks of a
 * certificate: its key, its names, its serial number. Whether the path is good others verify.
 */

import {
  bitString,
  GENERALIZED_TIME,
  oid,
  only,
  printableString,
  sequence,
  SET,
  tlv,
  UTC_TIME,
  utf8String,
  type Value,
  values,
} from "@mshield/forms";
import { hex, same } from "@mshield/gm";

import { ProtocolError } from "./errors.ts";
import { fromBase64 } from "./fields.ts";
import type { Subject } from "./messages.ts";
import { utf8Text } from "./strict_json.ts";

const [COUNTRY, ORGANISATION, UNIT, COMMON_NAME] = ["2.5.4.6", "2.5.4.10", "2.5.4.11", "2.5.4.3"].map(
  oid,
) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
const VERSION_1 = tlv(2, Uint8Array.of(0));
const NO_ATTRIBUTES = tlv(0xa0);
const PEM = /^-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;

/** What a certificate says, as far as the phone asks; times in ms. */
export interface Certified {
  readonly subject: Subject;
  /** 40 hex digits. */
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKeyInfo: Uint8Array;
}

/** The CertificationRequestInfo (PKCS#10, GM/T 0092) for this name and key: version 1, no attributes. */
export function requestInfo(subject: Subject, P: Uint8Array): Uint8Array {
  return sequence(VERSION_1, nameOf(subject), publicKeyInfo(P), NO_ATTRIBUTES);
}

/** The names in a certificate, or null where it is for another key than P; ProtocolError `bad_certificate`. */
export function certifiedNames(pem: string, P: Uint8Array): Subject | null {
  const facts = readPem(pem);
  return same(facts.publicKeyInfo, publicKeyInfo(P)) ? facts.subject : null;
}

/** The serial number in 40 hex digits. */
export function serialOf(pem: string): string {
  return readPem(pem).serial;
}

export function sameSubject(a: Subject, b: Subject): boolean {
  return same(nameOf(a), nameOf(b));
}

/** A certificate that this phone stores, without asking the service; ProtocolError `bad_certificate`. */
export function readPem(pem: string): Certified {
  return reading(() => read(bodyOf(pem)));
}

/** What `from` gives; whatever it throws is ProtocolError `bad_certificate`. */
export function reading<T>(from: () => T): T {
  try {
    return from();
  } catch (error) {
    throw new ProtocolError("bad_certificate", error instanceof Error ? error.message : undefined);
  }
}

/** The values inside of the part that is signed: version, serial number, algorithm, issuer … (RFC 5280, 4.1). */
export function bodyOf(pem: string): Value[] {
  const body = PEM.exec(pem)?.[1];
  if (body === undefined) {
    throw new RangeError("not PEM");
  }
  const [tbs] = values(only(fromBase64(body.replaceAll(/\s/g, ""))).content);
  return values(tbs?.content ?? new Uint8Array());
}

/** The certificate's octets. */
export function derOf(pem: string): Uint8Array {
  return reading(() => fromBase64((PEM.exec(pem)?.[1] ?? "").replaceAll(/\s/g, "")));
}

/** Version, serial number, algorithm, issuer, validity, subject, key stand in this order. */
function read(body: readonly Value[]): Certified {
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

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5); always to the second, in UTC. */
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

/** The four parts of a name; one that isn't there is empty. */
export function readName(name: Uint8Array): Subject {
  const parts = new Map<string, string>();
  for (const field of values(only(name).content)) {
    const [kind, text] = values(only(only(field.raw, SET).content).content);
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

/** C as PrintableString and all else as UTF8String, one attribute to a level, as GM/T 0015 has it. */
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

/** SubjectPublicKeyInfo of an SM2 key. */
function publicKeyInfo(P: Uint8Array): Uint8Array {
  return sequence(sequence(oid("1.2.840.10045.2.1"), oid("1.2.156.10197.1.301")), bitString(P));
}
