/** Groups files: each signature with the document it covers and the certificates supplied with it. */

import { FormError } from "@mshield/forms";
import { fromDer, GmError, hex, equalBytes, verifyDigest, zValue } from "@mshield/gm";

import { readStampFile } from "./standalone/stamp.ts";
import { type Certificate, isSameCertificate } from "./certificate.ts";
import { parseCms } from "./cms.ts";
import { type Content, NO_BYTES } from "./content.ts";
import type { Crl } from "./crl.ts";
import { TimeStampError } from "./errors.ts";
import { parseEvidence } from "./evidence.ts";
import type { Recognised, Kind } from "./recognise.ts";
import type { StampInfo } from "./timestamps/token.ts";

/** An input file. */
export interface Piece {
  readonly id: string;
  readonly name: string;
  readonly reading: Recognised;
  readonly content: Content;
}

type SignatureKind = Extract<Kind, "evidence" | "cms" | "p7" | "signed_file" | "signature" | "time_stamp">;
/** Kinds that are validated on their own if no signature uses them. */
export type PartKind = "certificate" | "crl" | "ocsp";

const SIGNATURES: ReadonlySet<Kind> = new Set([
  "evidence",
  "cms",
  "p7",
  "signed_file",
  "signature",
  "time_stamp",
]);

/** One signature to verify, with the files that belong to it. */
export interface Case {
  readonly piece: Piece;
  readonly kind: SignatureKind | PartKind;
  readonly document: Piece | null;
  /** The signer's certificate, for a bare signature. */
  readonly certificate: Certificate | null;
}

export interface CaseSet {
  readonly cases: readonly Case[];
  /** CA certificates and others that may be part of a chain. */
  readonly certificates: readonly Certificate[];
  /** `certificates`, and those that only the tolerant reader accepts (DER). */
  readonly foreign: readonly { readonly der: Uint8Array }[];
  readonly foreignCrls: readonly Uint8Array[];
  readonly crls: readonly Crl[];
  readonly ocsps: readonly Uint8Array[];
  /** Documents that none of these signatures covers. */
  readonly unused: readonly Piece[];
}

export async function assemble(pieces: readonly Piece[]): Promise<CaseSet> {
  const unsigned = pieces.filter(({ reading }) => reading.kind === "document");
  // A file with an embedded signature may itself be signed by another file.
  const documents = [...unsigned, ...pieces.filter(({ reading }) => reading.kind === "signed_file")];
  const certificates = pieces.flatMap(({ reading }) =>
    reading.kind === "certificates" ? reading.certificates : [],
  );
  const signatures = pieces.filter(({ reading }) => isSignature(reading.kind));
  const cases: Case[] = [];
  for (const piece of signatures) {
    const on = piece.reading.kind === "time_stamp" ? pieces.filter((other) => other !== piece) : documents;
    cases.push(await caseOf(piece, signatures.length, on, certificates));
  }
  const parts = pieces.map(({ reading }) => partsOf(reading));
  if (signatures.length === 0) {
    cases.push(
      ...pieces.flatMap((piece, i) => {
        const kind = parts[i]?.kind;
        return kind === undefined ? [] : [{ piece, kind, document: null, certificate: null }];
      }),
    );
  }
  const dersOf = (kind: PartKind): Uint8Array[] =>
    parts.flatMap((part) => (part?.kind === kind ? part.ders : []));
  const used = new Set(cases.map(({ document }) => document));
  return {
    cases,
    certificates,
    foreign: dersOf("certificate").map((der) => ({ der })),
    foreignCrls: dersOf("crl"),
    crls: pieces.flatMap(({ reading }) => (reading.kind === "crl" ? [reading.crl] : [])),
    ocsps: pieces.flatMap(({ reading }) => (reading.kind === "ocsp" ? [reading.der] : [])),
    unused: unsigned.filter((piece) => !used.has(piece)),
  };
}

/** Returns the kind of part that a file is, and its DER; for certificates, all of them. */
export function partsOf(
  reading: Recognised,
): { readonly kind: PartKind; readonly ders: readonly Uint8Array[] } | null {
  switch (reading.kind) {
    case "certificates":
    case "foreign_certificates":
      return { kind: "certificate", ders: reading.certificates.map(({ der }) => der) };
    case "crl":
    case "foreign_crl":
    case "ocsp":
      return { kind: reading.kind === "ocsp" ? "ocsp" : "crl", ders: [reading.der] };
    default:
      return null;
  }
}

function isSignature(kind: Kind): kind is SignatureKind {
  return SIGNATURES.has(kind);
}

async function caseOf(
  piece: Piece,
  signatures: number,
  documents: readonly Piece[],
  certificates: readonly Certificate[],
): Promise<Case> {
  const kind = piece.reading.kind as SignatureKind;
  if (piece.reading.kind === "signature") {
    return { piece, kind, ...(await ofBare(piece, piece.reading.der, signatures, documents, certificates)) };
  }
  if (piece.reading.kind === "time_stamp") {
    return { piece, kind, document: await stamped(piece.reading.bytes, documents), certificate: null };
  }
  if (piece.reading.kind === "signed_file") {
    return { piece, kind, document: piece.reading.file.form === "pdf" ? piece : null, certificate: null };
  }
  const wanted = wantedDigest(piece.reading);
  let document = wanted === null ? null : await byDigest(wanted, documents);
  // A single signature is validated over the single document supplied with it, so that a wrong document is detected.
  if (document === null && (signatures === 1 || wanted === null)) {
    document = byName(piece, documents) ?? (signatures === 1 ? alone(documents) : null);
  }
  return { piece, kind, document, certificate: null };
}

/**
 * Returns the file with a time stamp's digest, else the only document, so that a wrong document is detected.
 */
async function stamped(bytes: Uint8Array, pieces: readonly Piece[]): Promise<Piece | null> {
  const info = infoOf(bytes);
  for (const piece of info === null ? [] : pieces) {
    if (await isOf(info!, piece.content)) {
      return piece;
    }
  }
  return alone(pieces.filter(({ reading }) => reading.kind === "document"));
}

async function isOf({ hash, digest }: StampInfo, content: Content): Promise<boolean> {
  return equalBytes(hash === "sm3" ? await content.hash(NO_BYTES) : await content.sha256(), digest);
}

/**
 * Reports whether the content is what the file claims to have signed or stamped, and returns the SM3 (hex) of
 * that, null if there is none. If the file makes no claim, only its signature can show it.
 */
export async function isSignedIn(
  { reading }: Piece,
  content: Content,
): Promise<{ readonly isSigned: boolean; readonly digest: string | null }> {
  if (reading.kind === "time_stamp") {
    const info = infoOf(reading.bytes);
    const digest = info?.hash === "sm3" ? hex(info.digest) : null;
    return { isSigned: info === null || (await isOf(info, content)), digest };
  }
  const digest = wantedDigest(reading);
  return { isSigned: digest === null || digest === hex(await content.hash(NO_BYTES)), digest };
}

function infoOf(bytes: Uint8Array): StampInfo | null {
  try {
    return readStampFile(bytes).info;
  } catch (error) {
    if (error instanceof TimeStampError) {
      return null;
    }
    throw error;
  }
}

/** Returns SM3 (hex) of the document that a bundle or CMS covers; null if unreadable or unspecified. */
function wantedDigest(reading: Recognised): string | null {
  try {
    if (reading.kind === "evidence") {
      return parseEvidence(reading.bytes).document.digest;
    }
    if (reading.kind === "p7") {
      return reading.p7.messageDigest === null ? null : hex(reading.p7.messageDigest);
    }
    const attributes = reading.kind === "cms" ? parseCms(reading.der).attributes : null;
    return attributes === null ? null : hex(attributes.messageDigest);
  } catch (error) {
    if (error instanceof FormError) {
      return null;
    }
    throw error;
  }
}

async function byDigest(digest: string, documents: readonly Piece[]): Promise<Piece | null> {
  for (const document of documents) {
    if (hex(await document.content.hash(NO_BYTES)) === digest) {
      return document;
    }
  }
  return null;
}

/** Matches `report.pdf` with `report.pdf.p7s` and `report.sig`. */
function byName({ name }: Piece, documents: readonly Piece[]): Piece | null {
  const stem = name.replace(/\.[^.]*$/, "");
  const namesakes = documents.filter(
    (document) => document.name === stem || document.name.replace(/\.[^.]*$/, "") === stem,
  );
  return alone(namesakes);
}

function alone<T>(all: readonly T[]): T | null {
  return all.length === 1 ? all[0]! : null;
}

/** Returns the certificate and document under which the signature verifies, else the only ones. */
async function ofBare(
  piece: Piece,
  der: Uint8Array,
  signatures: number,
  documents: readonly Piece[],
  certificates: readonly Certificate[],
): Promise<Pick<Case, "document" | "certificate">> {
  const signers = distinct(certificates.filter(({ values }) => !values.isCa));
  const named = byName(piece, documents);
  for (const document of named === null ? documents : [named]) {
    for (const certificate of signers) {
      if (await isSignedBy(certificate, document.content, der)) {
        return { document, certificate };
      }
    }
  }
  const document = named ?? (signatures === 1 ? alone(documents) : null);
  return { document, certificate: alone(signers) };
}

async function isSignedBy({ publicKey }: Certificate, content: Content, der: Uint8Array): Promise<boolean> {
  const e = await content.hash(zValue(publicKey));
  try {
    verifyDigest(publicKey, e, fromDer(der));
    return true;
  } catch (error) {
    if (error instanceof GmError) {
      return false;
    }
    throw error;
  }
}

function distinct(all: readonly Certificate[]): Certificate[] {
  return all.filter(
    (certificate, i) => all.findIndex((other) => isSameCertificate(certificate, other)) === i,
  );
}
