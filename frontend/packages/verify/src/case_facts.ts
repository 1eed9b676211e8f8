/**
 * Facts of a case that don't depend on its validation. Texts are truncated for display, since the file's author
 * wrote them.
 */

import { FormError } from "@mshield/forms";
import { hex, sm3 } from "@mshield/gm";

import { type Case, isSignedIn } from "./assemble.ts";
import { type Certificate, parsePem, type Person, personOf } from "./certificate.ts";
import { parseCms } from "./cms.ts";
import { type Content, contentOf, NO_BYTES } from "./content.ts";
import { type Evidence, parseEvidence } from "./evidence.ts";
import { attribute } from "./names.ts";
import { OIDS } from "./oids.ts";
import { clipped } from "./text.ts";
import { contentOfFile } from "./signed_file.ts";
import { serialText } from "./check_log.ts";

/** Maximum number of displayed lines. */
const MOST_LINES = 200;

/** Person named by the certificate, and the certificate itself. */
export type Signer = Person & {
  readonly serial: string;
  readonly issuer: string;
  readonly notBefore: number;
  readonly notAfter: number;
};

/** The signed document; `digest` is SM3 (hex). Texts are truncated for display. */
export interface Document {
  /** Name of the given file, if that is what was signed. */
  readonly name: string | null;
  /** Name of the given file, if that isn't what was signed. */
  readonly other: string | null;
  readonly title: string | null;
  readonly mediaType: string | null;
  /** Null if it isn't here and the file doesn't specify it. */
  readonly size: number | null;
  readonly digest: string | null;
  /** The first ones of `lines`. */
  readonly display: Evidence["document"]["display"];
  readonly lines: number;
}

/** Facts of a case that can be read without validating it. */
export interface CaseFacts {
  readonly evidence: Evidence | null;
  readonly leaf: Certificate | null;
  readonly inside: readonly Certificate[];
  readonly embedded: Uint8Array | null;
}

export function readCase({ piece, kind, certificate }: Case): CaseFacts {
  const nothing: CaseFacts = { evidence: null, leaf: certificate, inside: [], embedded: null };
  try {
    if (piece.reading.kind === "evidence") {
      const evidence = parseEvidence(piece.reading.bytes);
      return { ...nothing, evidence, ...readChain(evidence), embedded: evidence.document.content };
    }
    if (piece.reading.kind === "p7") {
      return { ...nothing, embedded: piece.reading.p7.content };
    }
    if (piece.reading.kind === "signed_file") {
      return { ...nothing, embedded: contentOfFile(piece.reading.file) };
    }
    if (kind === "certificate" && piece.reading.kind === "certificates") {
      return { ...nothing, leaf: piece.reading.certificates[0] ?? null };
    }
    if (piece.reading.kind === "cms") {
      const { signer, certificates, content } = parseCms(piece.reading.der);
      return { ...nothing, leaf: signer, inside: certificates, embedded: content };
    }
  } catch (error) {
    if (!(error instanceof FormError)) {
      throw error;
    }
  }
  return nothing;
}

function readChain({ certificatePem, chainPem }: Evidence): Pick<CaseFacts, "leaf" | "inside"> {
  try {
    const [leaf] = parsePem(certificatePem);
    return { leaf: leaf ?? null, inside: chainPem.flatMap(parsePem) };
  } catch (error) {
    if (error instanceof FormError) {
      return { leaf: null, inside: [] };
    }
    throw error;
  }
}

export function signerOf(leaf: Certificate): Signer {
  const { name, organisation, role, creditCode } = personOf(leaf);
  const person = {
    name: clipped(name),
    organisation: clipped(organisation),
    role: clipped(role),
    creditCode: creditCode === null ? null : clipped(creditCode),
  };
  const issuer = clipped(attribute(leaf.issuer, OIDS.commonName) ?? "");
  return { ...person, serial: serialText(leaf), issuer, notBefore: leaf.notBefore, notAfter: leaf.notAfter };
}

export function holderOf({ holder }: Evidence): Evidence["holder"] {
  return {
    shieldNumber: clipped(holder.shieldNumber),
    idNumberMasked: holder.idNumberMasked === null ? null : clipped(holder.idNumberMasked),
  };
}

export function requestOf({ request: { id, kind, system } }: Evidence): Evidence["request"] {
  const { clientId, name, domain } = system;
  return {
    id: clipped(id),
    kind,
    system: { clientId: clipped(clientId), name: clipped(name), domain: clipped(domain) },
  };
}

/** Returns the signed content if available: from inside the case, or from the file given with it. */
export async function contentOfCase(
  matter: Case,
): Promise<{ readonly content: Content; readonly isInside: boolean } | null> {
  const { content, isInside } = await signedOf(matter, readCase(matter));
  return content === null ? null : { content, isInside };
}

export async function documentOf(matter: Case, read: CaseFacts): Promise<Document | null> {
  const { evidence } = read;
  const { document } = matter;
  const { content, isGiven, digest } = await signedOf(matter, read);
  const names = {
    name: isGiven ? document!.name : null,
    other: document === null || document === matter.piece || isGiven ? null : document.name,
  };
  const whole = content && { size: content.size, digest: hex(await content.hash(NO_BYTES)) };
  if (evidence !== null) {
    const { title, mediaType, display } = evidence.document;
    const shown = display.slice(0, MOST_LINES).map(({ label, value }) => ({
      label: clipped(label),
      value: clipped(value),
    }));
    const lines = { display: shown, lines: display.length };
    const { size, digest: signed } = whole ?? evidence.document;
    return { ...names, title: clipped(title), mediaType: clipped(mediaType), size, digest: signed, ...lines };
  }
  const plain = { ...names, title: null, mediaType: null, display: [], lines: 0 };
  if (whole !== null) {
    return { ...plain, ...whole };
  }
  return document === null ? null : { ...plain, size: null, digest };
}

interface Signed {
  /** Null if it is neither inside nor the given file. */
  readonly content: Content | null;
  readonly isInside: boolean;
  /** True if it is the given file. */
  readonly isGiven: boolean;
  /** SM3 (hex), as the signature's file specifies. */
  readonly digest: string | null;
}

/** Returns what was signed, as far as that is known before the signature is checked. */
async function signedOf({ piece, document }: Case, { embedded }: CaseFacts): Promise<Signed> {
  const inside = embedded === null ? null : contentOf(embedded);
  if (document === null) {
    return { content: inside, isInside: inside !== null, isGiven: false, digest: null };
  }
  const { isSigned, digest } = await isSignedIn(piece, document.content);
  const isGiven =
    inside === null ? isSigned : hex(await document.content.hash(NO_BYTES)) === hex(sm3(embedded!));
  return {
    content: inside ?? (isGiven ? document.content : null),
    isInside: inside !== null,
    isGiven,
    digest,
  };
}
