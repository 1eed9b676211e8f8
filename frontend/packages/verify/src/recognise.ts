/** Recognises files by their content; the name is used only if that is inconclusive. */

import { FormError, fromBase64 } from "@mshield/forms";
import { fromDer, GmError, hex, number, toDer, unhex } from "@mshield/gm";

import { type Certificate, parseCertificate, parsePem } from "./certificate.ts";
import { type Crl, parseCrl } from "./crl.ts";
import { parseCms } from "./cms.ts";
import { PartError } from "./errors.ts";
import { type ForeignCertificate, parseForeignCertificate } from "./foreign/certificate.ts";
import { parseForeignCrl } from "./foreign/crl.ts";
import { type P7, parseP7 } from "./foreign/p7.ts";
import { octetsOfFile } from "./foreign/p7_file.ts";
import { shapeOf } from "./foreign/shape.ts";
import { type SignedFile, signedFile } from "./signed_file.ts";
import { ascii, pemBlocks } from "./text.ts";

export type Recognised =
  | { readonly kind: "evidence"; readonly bytes: Uint8Array }
  | { readonly kind: "cms"; readonly der: Uint8Array }
  /** A SignedData of another form than this service's. */
  | { readonly kind: "p7"; readonly p7: P7 }
  /** XML or PDF with an embedded signature. */
  | { readonly kind: "signed_file"; readonly file: SignedFile }
  /** In DER. */
  | { readonly kind: "signature"; readonly der: Uint8Array }
  | { readonly kind: "certificates"; readonly certificates: readonly Certificate[] }
  | { readonly kind: "crl"; readonly crl: Crl; readonly der: Uint8Array }
  /** Accepted only by the tolerant reader; in DER. */
  | { readonly kind: "foreign_certificates"; readonly certificates: readonly ForeignCertificate[] }
  | { readonly kind: "foreign_crl"; readonly der: Uint8Array }
  /** A token, or an authority's answer, as received. */
  | { readonly kind: "time_stamp"; readonly bytes: Uint8Array }
  | { readonly kind: "ocsp"; readonly der: Uint8Array }
  | { readonly kind: "document" }
  /** A certificate or list that is not SM2, or damaged. */
  | { readonly kind: "unreadable" };

export type Kind = Recognised["kind"];

/** Larger files are documents: nothing else is loaded whole. */
export const MAX_BYTES = 64 * 1024 * 1024;
const [SIGNED_DATA, GB_SIGNED_DATA, OCSP_BASIC] = [
  "2a864886f70d010702",
  "2a811ccf550601040202",
  "2b0601050507300101",
];
const HEAD_BYTES = 48;
/** Maximum length of a text that may be one signature. */
const MAX_TEXT = 512;
const RAW_BYTES = 64;
const PEM = /^\s*-----BEGIN ([A-Z0-9 ]+)-----/;

/** Recognises a file of at most MAX_BYTES. */
export function recognise(bytes: Uint8Array, name: string): Recognised {
  const text = ascii(bytes.subarray(0, MAX_TEXT));
  const label = PEM.exec(text)?.[1];
  if (label !== undefined) {
    return ofPem(label, ascii(bytes));
  }
  if (/^\s*\{/.test(text) && isLikeEvidence(ascii(bytes))) {
    return { kind: "evidence", bytes };
  }
  const der = bytes[0] === 0x30 ? ofDer(bytes, name) : null;
  if (der !== null && der.kind !== "document") {
    return der; // a text may begin with "0", which is the same octet
  }
  if (/^\s*MI/.test(text)) {
    const decoded = ofBase64(bytes, name);
    if (decoded !== null) {
      return decoded;
    }
  }
  const file = signedFile(bytes);
  if (file !== null) {
    return { kind: "signed_file", file };
  }
  return (bytes.length <= MAX_TEXT ? ofText(text, name) : null) ?? { kind: "document" };
}

function ofBase64(bytes: Uint8Array, name: string): Recognised | null {
  const p7 = read(() => parseP7(bytes));
  if (p7 !== null) {
    return { kind: "p7", p7 };
  }
  const der = read(() => octetsOfFile(bytes));
  const shape = der === null ? null : shapeOf(der);
  return shape === null || shape === "p7" ? null : ofDer(der!, name);
}

function ofDer(bytes: Uint8Array, name: string): Recognised {
  if (shapeOf(bytes) === "time_stamp") {
    return { kind: "time_stamp", bytes };
  }
  const head = hex(bytes.subarray(0, HEAD_BYTES));
  if (head.includes(SIGNED_DATA!) || head.includes(GB_SIGNED_DATA!)) {
    return signedData(bytes);
  }
  if (head.includes(OCSP_BASIC!)) {
    return { kind: "ocsp", der: bytes };
  }
  const certificate = read(() => parseCertificate(bytes));
  if (certificate !== null) {
    return { kind: "certificates", certificates: [certificate] };
  }
  const crl = read(() => parseCrl(bytes));
  if (crl !== null) {
    return { kind: "crl", crl, der: bytes };
  }
  const foreign = read(() => parseForeignCertificate(bytes));
  if (foreign !== null) {
    return { kind: "foreign_certificates", certificates: [foreign] };
  }
  if (shapeOf(bytes) === "crl" && read(() => parseForeignCrl(bytes)) !== null) {
    return { kind: "foreign_crl", der: bytes };
  }
  return signature(bytes) ?? { kind: /\.(cer|crt|crl|ocsp)$/i.test(name) ? "unreadable" : "document" };
}

/** Reads SignedData of this service's form, or damaged, only as such. */
function signedData(der: Uint8Array): Recognised {
  const p7 = read(() => parseCms(der)) === null ? read(() => parseP7(der)) : null;
  return p7 === null ? { kind: "cms", der } : { kind: "p7", p7 };
}

function ofPem(label: string, text: string): Recognised {
  if (label === "CERTIFICATE") {
    const certificates = read(() => parsePem(text)) ?? [];
    return certificates.length > 0 ? { kind: "certificates", certificates } : ofForeignPem(text);
  }
  const [body] = pemBlocks(label, text);
  const der = body === undefined ? null : read(() => fromBase64(body, { lax: true }));
  if (der === null) {
    return { kind: "unreadable" };
  }
  const piece = ofDer(der, "");
  return piece.kind === "document" ? { kind: "unreadable" } : piece;
}

/** Returns those blocks that use SM2. */
function ofForeignPem(text: string): Recognised {
  const certificates = pemBlocks("CERTIFICATE", text).flatMap(
    (body) => read(() => parseForeignCertificate(fromBase64(body, { lax: true }))) ?? [],
  );
  return certificates.length > 0 ? { kind: "foreign_certificates", certificates } : { kind: "unreadable" };
}

/** Recognises one signature in base64 or hex, or as r ‖ s, if the file's name or form indicates it. */
function ofText(text: string, name: string): Recognised | null {
  const letters = text.replaceAll(/\s+/g, "");
  const decoded = /^(?:[0-9a-fA-F]{2})+$/.test(letters)
    ? unhex(letters.toLowerCase())
    : read(() => fromBase64(letters, { lax: true }));
  if (decoded === null) {
    return null;
  }
  return signature(decoded) ?? (/\.(sig|sign|signature)$/i.test(name) ? raw(decoded) : null);
}

function signature(der: Uint8Array): Recognised | null {
  return read(() => fromDer(der)) === null ? null : { kind: "signature", der };
}

/** Recognises r ‖ s. */
function raw(bytes: Uint8Array): Recognised | null {
  if (bytes.length !== RAW_BYTES) {
    return null;
  }
  return signature(toDer({ r: number(bytes.subarray(0, 32)), s: number(bytes.subarray(32)) }));
}

/** Also true for a damaged bundle, so that its fault is reported. */
function isLikeEvidence(text: string): boolean {
  return text.includes("mshield-evidence/") || (text.includes('"cms_b64"') && text.includes('"checkpoint"'));
}

function read<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof FormError || error instanceof GmError || error instanceof PartError) {
      return null;
    }
    throw error;
  }
}
