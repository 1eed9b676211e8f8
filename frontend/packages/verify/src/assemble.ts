/** Which files belong together: each signature with the document it is over, and the certificates that came along. */

import { FormError } from "@mshield/forms";
import { fromDer, GmError, hex, same, verifyDigest, zValue } from "@mshield/gm";

import { readStampFile } from "./alone/stamp.ts";
import { type Certificate, isSameCertificate } from "./certificate.ts";
import { parseCms } from "./cms.ts";
import { type Content, NOTHING } from "./content.ts";
import type { Crl } from "./crl.ts";
import { TimeStampError } from "./errors.ts";
import { parseEvidence } from "./evidence.ts";
import type { Found, Kind } from "./recognise.ts";
import type { StampInfo } from "./timestamps/token.ts";

/** A file that was given. */
export interface Piece {
  readonly id: string;
  readonly name: string;
  readonly found: Found;
  readonly content: Content;
}

type SignatureKind = Extract<Kind, "evidence" | "cms" | "p7" | "signed_file" | "signature" | "time_stamp">;
/** What is judged by itself where there is no signature that it serves. */
export type PartKind = "certificate" | "crl" | "ocsp";

const SIGNATURES: ReadonlySet<Kind> = new Set([
  "evidence",
  "cms",
  "p7",
  "signed_file",
  "signature",
  "time_stamp",
]);

/** One signature to be judged, with what belongs to it. */
export interface Case {
  readonly piece: Piece;
  readonly kind: SignatureKind | PartKind;
  readonly document: Piece | null;
  /** The signer's, of a bare signature. */
  readonly certificate: Certificate | null;
}

export interface Assembled {
  readonly cases: readonly Case[];
  /** CA certificates and others that may stand in a chain. */
  readonly certificates: readonly Certificate[];
  /** The same and those that only the tolerant reader takes (DER), and lists. */
  readonly foreign: readonly { readonly der: Uint8Array }[];
  readonly foreignCrls: readonly Uint8Array[];
  readonly crls: readonly Crl[];
  readonly ocsps: readonly Uint8Array[];
  /** Documents that no signature here is over. */
  readonly unused: readonly Piece[];
}

export async function assemble(pieces: readonly Piece[]): Promise<Assembled> {
  const unsigned = pieces.filter(({ found }) => found.kind === "document");
  // A file with a signature inside may be what another signature is over.
  const documents = [...unsigned, ...pieces.filter(({ found }) => found.kind === "signed_file")];
  const certificates = pieces.flatMap(({ found }) =>
    found.kind === "certificates" ? found.certificates : [],
  );
  const signatures = pieces.filter(({ found }) => isSignature(found.kind));
  const cases: Case[] = [];
  for (const piece of signatures) {
    const on = piece.found.kind === "time_stamp" ? pieces.filter((each) => each !== piece) : documents;
    cases.push(await caseOf(piece, signatures.length, on, certificates));
  }
  const parts = pieces.map(({ found }) => partsOf(found));
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
    crls: pieces.flatMap(({ found }) => (found.kind === "crl" ? [found.crl] : [])),
    ocsps: pieces.flatMap(({ found }) => (found.kind === "ocsp" ? [found.der] : [])),
    unused: unsigned.filter((each) => !used.has(each)),
  };
}

/** The part that a file is, and its DER: of certificates all that stand in it. */
export function partsOf(
  found: Found,
): { readonly kind: PartKind; readonly ders: readonly Uint8Array[] } | null {
  switch (found.kind) {
    case "certificates":
    case "foreign_certificates":
      return { kind: "certificate", ders: found.certificates.map(({ der }) => der) };
    case "crl":
    case "foreign_crl":
    case "ocsp":
      return { kind: found.kind === "ocsp" ? "ocsp" : "crl", ders: [found.der] };
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
  const kind = piece.found.kind as SignatureKind;
  if (piece.found.kind === "signature") {
    return { piece, kind, ...(await ofBare(piece, piece.found.der, signatures, documents, certificates)) };
  }
  if (piece.found.kind === "time_stamp") {
    return { piece, kind, document: await stamped(piece.found.bytes, documents), certificate: null };
  }
  if (piece.found.kind === "signed_file") {
    return { piece, kind, document: piece.found.file.form === "pdf" ? piece : null, certificate: null };
  }
  const wanted = wantedDigest(piece.found);
  let document = wanted === null ? null : await byDigest(wanted, documents);
  // A lone signature is judged over the lone document beside it, so that another one than was signed is found out.
  if (document === null && (signatures === 1 || wanted === null)) {
    document = byName(piece, documents) ?? (signatures === 1 ? alone(documents) : null);
  }
  return { piece, kind, document, certificate: null };
}

/** What a time stamp is on: the file of its digest, else the only document, so that another one is found out. */
async function stamped(bytes: Uint8Array, pieces: readonly Piece[]): Promise<Piece | null> {
  const info = infoOf(bytes);
  for (const each of info === null ? [] : pieces) {
    const digest = info!.hash === "sm3" ? await each.content.hash(NOTHING) : await each.content.sha256();
    if (same(digest, info!.digest)) {
      return each;
    }
  }
  return alone(pieces.filter(({ found }) => found.kind === "document"));
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

/** SM3 (hex) of the document that a bundle or CMS is over; null where it can't be read or doesn't say. */
function wantedDigest(found: Found): string | null {
  try {
    if (found.kind === "evidence") {
      return parseEvidence(found.bytes).document.digest;
    }
    if (found.kind === "p7") {
      return found.p7.messageDigest === null ? null : hex(found.p7.messageDigest);
    }
    const attributes = found.kind === "cms" ? parseCms(found.der).attributes : null;
    return attributes === null ? null : hex(attributes.messageDigest);
  } catch (error) {
    if (error instanceof FormError) {
      return null;
    }
    throw error;
  }
}

async function byDigest(digest: string, documents: readonly Piece[]): Promise<Piece | null> {
  for (const each of documents) {
    if (hex(await each.content.hash(NOTHING)) === digest) {
      return each;
    }
  }
  return null;
}

/** `report.pdf` for `report.pdf.p7s` and `report.sig`. */
function byName({ name }: Piece, documents: readonly Piece[]): Piece | null {
  const stem = name.replace(/\.[^.]*$/, "");
  const namesakes = documents.filter(
    (each) => each.name === stem || each.name.replace(/\.[^.]*$/, "") === stem,
  );
  return alone(namesakes);
}

function alone<T>(all: readonly T[]): T | null {
  return all.length === 1 ? all[0]! : null;
}

/** The certificate and document that the signature verifies with, else those that are the only ones. */
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
  return all.filter((each, i) => all.findIndex((other) => isSameCertificate(each, other)) === i);
}
