/**
 * A signature inside a PDF (`docs/formats.md`): content and appended update are one file, and the signature
 * covers all of it except a gap in the update. Attributes are signed: content type, SM3 of the covered bytes,
 * for CAdES SM3 of the signer's certificate, and the display if requested.
 */

import { Sm3 } from "@mshield/gm";

import { octetString, oid, sequence, SET, setOf, tlv } from "./der.ts";
import { FormError } from "./errors.ts";

export const PDF_SIGNATURES = ["rfc", "gb35275", "cades"] as const;
export type PdfSignature = (typeof PDF_SIGNATURES)[number];

const DATA: Readonly<Record<PdfSignature, string>> = {
  rfc: "1.2.840.113549.1.7.1",
  gb35275: "1.2.156.10197.6.1.4.2.1",
  cades: "1.2.840.113549.1.7.1",
};
const [CONTENT_TYPE, MESSAGE_DIGEST] = ["1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"] as const;
const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47";
const SM3 = sequence(oid("1.2.156.10197.1.401"));
const WHITE = String.raw`[\u0000\t\n\f\r ]`;
const NUMBER = `${WHITE}*([0-9]{1,10})`;
const RANGE = new RegExp(`/ByteRange${WHITE}*\\[${`${NUMBER}${WHITE}`.repeat(3)}${NUMBER}${WHITE}*\\]`);
const CONTENTS = new RegExp(`/Contents${WHITE}*$`);
const NEAR = 64;

/** Start and end of the hex string for the signature, with its brackets; the rest of the file is signed. */
export type Gap = readonly [start: number, end: number];

/** Values in the signed attributes of a PDF; digests are SM3. */
export interface PdfBound {
  readonly covered: Uint8Array;
  /** Digest of the signer's certificate; null if unknown. CAdES needs it. */
  readonly certificate: Uint8Array | null;
  readonly display: Uint8Array;
  /** Null if the display isn't bound. */
  readonly displayOid: string | null;
}

/** Returns M. Throws: FormError if CAdES has no certificate to name. */
export function pdfMessage(
  kind: PdfSignature,
  { covered, certificate, display, displayOid }: PdfBound,
): Uint8Array {
  const more: Uint8Array[] = [];
  if (kind === "cades") {
    if (certificate === null) {
      throw new FormError("CAdES names the signer's certificate");
    }
    const named = sequence(sequence(sequence(SM3, octetString(certificate))));
    more.push(attribute(SIGNING_CERTIFICATE, named));
  }
  if (displayOid !== null) {
    more.push(attribute(displayOid, octetString(display)));
  }
  return setOf(
    attribute(CONTENT_TYPE, oid(DATA[kind])),
    attribute(MESSAGE_DIGEST, octetString(covered)),
    ...more,
  );
}

/**
 * Returns the gap of a file that is ready to be signed. Throws: FormError unless the update is a single one
 * whose only ByteRange excludes a hex string of zeros and nothing else.
 */
export function gapIn(content: Uint8Array, update: Uint8Array): Gap {
  const text = latin(update);
  const isOne = ["/ByteRange", "startxref", "%%EOF"].every((word) => text.split(word).length === 2);
  const match = RANGE.exec(text);
  if (!isOne || match === null) {
    throw new FormError("the update is not one, with one signature");
  }
  const [first, start, end, rest] = match.slice(1).map(Number) as [number, number, number, number];
  const size = content.length + update.length;
  if (first !== 0 || start <= content.length || start >= end || end >= size || end + rest !== size) {
    throw new FormError("the ByteRange does not cover the file");
  }
  const own = text.slice(start - content.length, end - content.length);
  const before = text.slice(Math.max(0, start - content.length - NEAR), start - content.length);
  if (!/^<(?:00)*>$/.test(own) || !CONTENTS.test(before)) {
    throw new FormError("the gap is not just the Contents");
  }
  return [start, end];
}

/** Returns SM3 of the whole file except the gap. Throws: as `gapIn`. */
export function coveredDigest(content: Uint8Array, update: Uint8Array): Uint8Array {
  const [start, end] = gapIn(content, update).map((at) => at - content.length) as [number, number];
  return new Sm3().update(content).update(update.subarray(0, start)).update(update.subarray(end)).digest();
}

/** Returns the file to be signed, with an empty gap. */
export function preparedFile(content: Uint8Array, update: Uint8Array): Uint8Array {
  const file = new Uint8Array(content.length + update.length);
  file.set(content);
  file.set(update, content.length);
  return file;
}

/**
 * Returns the signed file, with the signature (DER) in the gap. Throws: FormError as `gapIn`, and if it is
 * too long.
 */
export function finishedFile(content: Uint8Array, update: Uint8Array, cms: Uint8Array): Uint8Array {
  const [start, end] = gapIn(content, update);
  if (2 * cms.length > end - start - 2) {
    throw new FormError("the signature is longer than its gap");
  }
  const file = preparedFile(content, update);
  cms.forEach((octet, i) => {
    const digits = octet.toString(16).padStart(2, "0");
    file.set([digits.codePointAt(0)!, digits.codePointAt(1)!], start + 1 + 2 * i);
  });
  return file;
}

function attribute(type: string, value: Uint8Array): Uint8Array {
  return sequence(oid(type), tlv(SET, value));
}

function latin(octets: Uint8Array): string {
  return new TextDecoder("latin1").decode(octets);
}
