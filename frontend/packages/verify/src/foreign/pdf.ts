/**
 * SM2 signatures in PDF files (ISO 32000-1, 12.8): one that covers the whole file except its own hex string.
 * Since all other octets are signed, verification needs no PDF reader; what the pages show is a separate
 * question.
 */

import { FormError } from "@mshield/forms";
import { concat, equalBytes, sm3, unhex } from "@mshield/gm";

import { SignedPdfError } from "../errors.ts";
import { OIDS } from "../oids.ts";
import { Reader } from "../reader.ts";
import { ascii } from "../text.ts";
import { parseP7, type VerifiedP7, verifyP7 } from "./p7.ts";

/** Maximum octets of a file. */
const MAX_PDF = 64 * 1024 * 1024;
const CADES = "ETSI.CAdES.detached";
const SUBFILTERS: ReadonlySet<string> = new Set(["adbe.pkcs7.detached", CADES]);
const WHITE = String.raw`[\u0000\t\n\f\r ]`;
const NUMBER = `${WHITE}*([0-9]{1,10})`;
const RANGE = new RegExp(`/ByteRange${WHITE}*\\[${`${NUMBER}${WHITE}`.repeat(3)}${NUMBER}${WHITE}*\\]`);
const SUBFILTER = new RegExp(`/SubFilter${WHITE}*/([A-Za-z0-9._-]{1,64})`, "g");
const CONTENTS = new RegExp(`/Contents${WHITE}*$`);
/** Maximum digits of the hex string. */
const MAX_HEX = 2 * 1024 * 1024;
const MOST_SIGNATURES = 64;
/** Number of octets before the hex string in which its key must be. */
const NEAR = 64;

/** A signature that is valid over the whole file; whether to trust its signer is a separate question. */
export interface VerifiedPdf {
  readonly subfilter: string;
  /** Position of the hex string with its brackets; all else up to `end` is signed. */
  readonly gap: readonly [start: number, end: number];
  readonly end: number;
  readonly p7: VerifiedP7;
}

/** Throws: SignedPdfError with its reason, P7Error, FormError. */
export function verifyPdf(file: Uint8Array): VerifiedPdf {
  requirePdf(file);
  return verifyLast(file, { isOnly: true });
}

/**
 * Verifies all signatures of a file, in order: each over its own revision, the last over the whole file. An
 * earlier one implies nothing about later revisions: each one's `end` is how much of the file it covers.
 */
export function verifyPdfRevisions(file: Uint8Array): readonly VerifiedPdf[] {
  requirePdf(file);
  const text = ascii(file);
  const ends = endsIn(text);
  const count = text.split("/ByteRange").length - 1;
  if (count === 0 || count > MOST_SIGNATURES || ends.length !== count) {
    throw new SignedPdfError(count === 0 ? "unsigned" : "range", `${count} signatures`);
  }
  return ends.map((end, i) =>
    verifyLast(i < ends.length - 1 ? file.subarray(0, end) : file, { isOnly: false }),
  );
}

/** Returns the part covered by the last signature, if something was appended; null otherwise. */
export function signedRevision(file: Uint8Array): Uint8Array | null {
  const end = endsIn(ascii(file)).at(-1);
  return end === undefined || end >= file.length ? null : file.subarray(0, end);
}

/** Returns the ends of the ranges that the signatures claim to cover, nearest first. */
function endsIn(text: string): readonly number[] {
  const all = [...text.matchAll(new RegExp(RANGE, "g"))];
  // oxlint-disable-next-line unicorn/no-array-sort -- toSorted is younger than some browsers
  return [...new Set(all.map((match) => Number(match[3]) + Number(match[4])))].sort((a, b) => a - b);
}

function requirePdf(file: Uint8Array): void {
  if (file.length > MAX_PDF || ascii(file.subarray(0, 5)) !== "%PDF-") {
    throw new SignedPdfError("form", "no PDF, or one that is too long");
  }
}

function verifyLast(file: Uint8Array, { isOnly }: { isOnly: boolean }): VerifiedPdf {
  const text = ascii(file);
  const [start, end, subfilter] = signatureIn(text, isOnly);
  const cms = readContents(text.slice(start + 1, end - 1));
  if (parseP7(cms).content !== null) {
    throw new SignedPdfError("contents", "the content is inside");
  }
  const p7 = verifyP7(cms, { content: concat(file.subarray(0, start), file.subarray(end)) });
  if (subfilter === CADES) {
    requireNamed(p7);
  }
  return { subfilter, gap: [start, end], end: file.length, p7 };
}

/**
 * Returns start and end of the hex string, which is all that the signature doesn't cover, and the signature's
 * kind; of several, those of the last one in the file.
 */
function signatureIn(
  text: string,
  isOnly: boolean,
): readonly [start: number, end: number, subfilter: string] {
  const count = text.split("/ByteRange").length - 1;
  if (count === 0 || (isOnly && count > 1)) {
    throw new SignedPdfError(count === 0 ? "unsigned" : "several", `${count} signatures`);
  }
  const at = text.lastIndexOf("/ByteRange");
  const match = RANGE.exec(text.slice(at));
  if (match === null || match.index !== 0) {
    throw new SignedPdfError("range", "the ByteRange is not four numbers");
  }
  const [first, start, end, rest] = match.slice(1).map(Number) as [number, number, number, number];
  if (first !== 0 || !(start > 0 && start < end && end < text.length) || rest === 0) {
    throw new SignedPdfError("range", "the ByteRange does not cover the file");
  }
  if (end + rest !== text.length) {
    throw new SignedPdfError("changed", "something follows what is signed");
  }
  const isGap = text[start] === "<" && text[end - 1] === ">";
  if (!isGap || !CONTENTS.test(text.slice(Math.max(0, start - NEAR), start))) {
    throw new SignedPdfError("range", "the gap is not just the Contents");
  }
  return [start, end, subfilterOf(text, start, end, [at, at + match[0].length])];
}

/** Returns the kind of the only signature whose dictionary has ByteRange, Contents and SubFilter. */
function subfilterOf(
  text: string,
  start: number,
  end: number,
  range: readonly [start: number, end: number],
): string {
  const head = text.slice(0, Math.min(start, range[0]));
  const begin = head.lastIndexOf(" obj");
  const close = text.indexOf("endobj", Math.max(end, range[1]));
  const around = begin < 0 || close < 0 ? "endobj" : text.slice(begin, start) + text.slice(end, close);
  const [name, ...more] = [...around.matchAll(SUBFILTER)].map((match) => match[1]!);
  if (around.includes("endobj") || name === undefined || more.length > 0) {
    throw new SignedPdfError("range", "ByteRange, Contents and SubFilter are not of one signature");
  }
  if (!SUBFILTERS.has(name)) {
    throw new SignedPdfError("subfilter", "a kind of signature that is not read");
  }
  return name;
}

/** Returns the DER in the hex string, without the zeros after it. */
function readContents(text: string): Uint8Array {
  const isLong = text.length > MAX_HEX || text.length % 2 !== 0;
  if (text === "" || isLong || /[^0-9A-Fa-f]/.test(text)) {
    throw new SignedPdfError("contents", "the Contents are not hex");
  }
  const octets = unhex(text.toLowerCase());
  const cms = sequenceIn(octets);
  if (octets.subarray(cms.length).some((octet) => octet !== 0)) {
    throw new SignedPdfError("contents", "octets after the signature");
  }
  return cms;
}

function sequenceIn(octets: Uint8Array): Uint8Array {
  try {
    return new Reader(octets).raw(0x30);
  } catch (error) {
    throw error instanceof FormError
      ? new SignedPdfError("contents", "the Contents are no signature")
      : error;
  }
}

/** Checks for CAdES that the signed attributes name the signer's certificate by SM3 (RFC 5035). */
function requireNamed({ p7, certificate }: VerifiedP7): void {
  if (p7.signingCertificate === null) {
    throw new SignedPdfError("signing_certificate", "no signing-certificate-v2");
  }
  const one = new Reader(p7.signingCertificate).enter().enter().enter();
  const name = one.enter().oid();
  if (name !== OIDS.sm3 || !equalBytes(one.octets(), sm3(certificate.der))) {
    throw new SignedPdfError("signing_certificate", "signing-certificate-v2 names another certificate");
  }
}
