/** What can be told of a case without judging it. Texts are cut to be shown: whoever made the file wrote them. */

import { FormError } from "@mshield/forms";
import { hex, sm3 } from "@mshield/gm";

import type { Case } from "./assemble.ts";
import { type Certificate, parsePem, type Person, personOf } from "./certificate.ts";
import { parseCms } from "./cms.ts";
import { type Content, contentOf, NOTHING } from "./content.ts";
import { type Evidence, parseEvidence } from "./evidence.ts";
import { attribute } from "./names.ts";
import { OIDS } from "./oids.ts";
import { clipped } from "./text.ts";
import { contentOfFile } from "./signed_file.ts";
import { serialText } from "./check_log.ts";

/** Lines of a display that are shown. */
const MOST_LINES = 200;

/** Whom the certificate names, and the certificate itself. */
export type Signer = Person & {
  readonly serial: string;
  readonly issuer: string;
  readonly notBefore: number;
  readonly notAfter: number;
};

/** What was signed; `digest` is SM3 (hex). Texts are cut to be shown. */
export interface Document {
  readonly name: string | null;
  readonly title: string | null;
  readonly mediaType: string | null;
  readonly size: number;
  readonly digest: string;
  /** The first ones of `lines`. */
  readonly display: Evidence["document"]["display"];
  readonly lines: number;
}

/** What of a case can be read without judging it. */
export interface Read {
  readonly evidence: Evidence | null;
  readonly leaf: Certificate | null;
  readonly inside: readonly Certificate[];
  readonly embedded: Uint8Array | null;
}

export function readCase({ piece, kind, certificate }: Case): Read {
  const nothing: Read = { evidence: null, leaf: certificate, inside: [], embedded: null };
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

function readChain({ certificatePem, chainPem }: Evidence): Pick<Read, "leaf" | "inside"> {
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
  return (
    holder && {
      shieldNumber: clipped(holder.shieldNumber),
      idNumberMasked: holder.idNumberMasked === null ? null : clipped(holder.idNumberMasked),
    }
  );
}

export function requestOf({ request: { id, kind, system } }: Evidence): Evidence["request"] {
  const { clientId, name, domain } = system;
  return {
    id: clipped(id),
    kind,
    system: { clientId: clipped(clientId), name: clipped(name), domain: clipped(domain) },
  };
}

/** The document of a case: the one that was given with it, or the one that lies in it. */
export function contentOfCase(
  matter: Case,
): { readonly content: Content; readonly isInside: boolean } | null {
  const { embedded } = readCase(matter);
  if (embedded !== null) {
    return { content: contentOf(embedded), isInside: true };
  }
  return matter.document === null ? null : { content: matter.document.content, isInside: false };
}

export async function documentOf({ document }: Case, { evidence, embedded }: Read): Promise<Document | null> {
  if (evidence !== null) {
    const { title, mediaType, size, digest, display } = evidence.document;
    const shown = display.slice(0, MOST_LINES).map(({ label, value }) => ({
      label: clipped(label),
      value: clipped(value),
    }));
    return {
      name: document?.name ?? null,
      title: clipped(title),
      mediaType: clipped(mediaType),
      size,
      digest,
      display: shown,
      lines: display.length,
    };
  }
  const plain = { title: null, mediaType: null, display: [], lines: 0 };
  if (document !== null) {
    const digest = hex(await document.content.hash(NOTHING));
    return { ...plain, name: document.name, size: document.content.size, digest };
  }
  return embedded === null
    ? null
    : { ...plain, name: null, size: embedded.length, digest: hex(sm3(embedded)) };
}
