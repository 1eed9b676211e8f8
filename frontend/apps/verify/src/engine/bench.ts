/** Holds the files in the worker: accepts them, finds which belong together, and checks them. */

import { FormError } from "@mshield/forms";
import { hex } from "@mshield/gm";
import {
  assemble,
  type CaseSet,
  findStatusSubject,
  type Case,
  type Certificate,
  type Content,
  contentOf,
  contentOfCase,
  fingerprint,
  type Recognised,
  isIssuedBy,
  isSameCertificate,
  verify,
  leafOf,
  logKeyOf,
  MAX_BYTES,
  nameOf,
  NO_BYTES,
  ocspRequest,
  parseCertificate,
  parseCertificates,
  parseForeignCertificates,
  parseCrl,
  parseTsaTrust,
  PartError,
  type Piece,
  recognise,
  serialText,
  signsCheckpoint,
} from "@mshield/verify";

import { Dropped, FileContent } from "./file_content.ts";
import type { TrustData, VerifyResult, Plan, StatusQuestion, Root, RecognisedFile } from "./messages.ts";

const MAX_TEXT = 1024 * 1024;
const CA_NAME = /\/pki\/(issuing(?:-[1-9][0-9]{0,3})?)\.cer$/;

export class Bench {
  readonly #pieces = new Map<string, Piece>();
  /** Ids of removed files, including those still being read. */
  readonly #dropped = new Set<string>();
  readonly #onProgress: (id: string, done: number) => void;

  constructor(onProgress: (id: string, done: number) => void) {
    this.#onProgress = onProgress;
  }

  async take(id: string, file: File, asDocument: boolean): Promise<RecognisedFile> {
    const isSmall = file.size <= MAX_BYTES && !asDocument;
    const bytes = isSmall ? new Uint8Array(await file.arrayBuffer()) : null;
    const piece: Recognised = bytes === null ? { kind: "document" } : recognise(bytes, file.name);
    const isDocument = piece.kind === "document";
    const content = isDocument
      ? await FileContent.of(file, (done) => this.#onProgress(id, done))
      : contentOf(bytes!);
    if (this.#dropped.has(id)) {
      throw new Dropped();
    }
    this.#pieces.set(id, { id, name: file.name, reading: piece, content });
    if (isDocument) {
      await content.hash(NO_BYTES);
    }
    const isCertificate = piece.kind === "certificates" || piece.kind === "foreign_certificates";
    const subjects = isCertificate ? piece.certificates.map(nameOf) : [];
    return { id, name: file.name, kind: piece.kind, size: file.size, subjects };
  }

  drop(id: string): null {
    this.#dropped.add(id);
    const content = this.#pieces.get(id)?.content;
    if (content instanceof FileContent) {
      content.drop();
    }
    this.#pieces.delete(id);
    return null;
  }

  /** Returns the calls needed to learn the present status of each certificate. */
  async plan(ground: TrustData): Promise<Plan> {
    const { cases, certificates } = await this.#assembled();
    const cas = ground.serviceCas.map(parseCertificate);
    const root = ground.serviceRoot === null ? null : parseCertificate(ground.serviceRoot);
    const questions: StatusQuestion[] = [];
    const [wanted, foreign] = [new Set<string>(), [] as string[]];
    for (const matter of cases) {
      const known = findStatusSubject(matter, [...cas, ...certificates]);
      if (known === null) {
        this.#wantedCas(matter, root).forEach((name) => wanted.add(name));
      } else if (root !== null && isOfService(known.issuer, cas, root)) {
        const request = ocspRequest(known.leaf, known.issuer);
        questions.push({ caseId: matter.piece.id, serial: serialText(known.leaf), request });
      } else {
        foreign.push(matter.piece.id);
      }
    }
    return { questions, wantedCas: [...wanted], foreign };
  }

  async verify(ground: TrustData): Promise<VerifyResult> {
    const all = await this.#assembled();
    const results = [];
    for (const matter of all.cases) {
      const document = await contentOfCase(matter);
      results.push({
        ...(await verify(matter, knownOf(matter, all, ground))),
        caseId: matter.piece.id,
        text: document === null ? null : textOf(document.content),
        isInside: document?.isInside ?? false,
        sourceDigest: hex(await matter.piece.content.hash(NO_BYTES)),
      });
    }
    return { results, unused: all.unused.map(({ name }) => name) };
  }

  /** Returns the document inside a signature's file, for saving. */
  async document(caseId: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const { cases } = await this.#assembled();
    const matter = cases.find(({ piece }) => piece.id === caseId);
    const document = matter === undefined ? null : await contentOfCase(matter);
    return document?.isInside ? new Uint8Array(document.content.head) : null;
  }

  /** Returns the certificates in DER or PEM, of any CA; empty for anything else. */
  fingerprints(encoded: Uint8Array): Root[] {
    return shown(encoded, parseForeignCertificates);
  }

  /** Like `fingerprints`, for time stamping authorities. */
  tsaFingerprints(encoded: Uint8Array): Root[] {
    return shown(encoded, (bytes) => {
      const { roots, tolerant } = parseTsaTrust(bytes);
      return [...roots, ...tolerant];
    });
  }

  /**
   * Returns the name under which the certificate's issuing CA is published; it is fetched only from this
   * service.
   */
  #wantedCas(matter: Case, root: Certificate | null): string[] {
    const leaf = leafOf(matter);
    const urls = root === null ? [] : (leaf?.values.caIssuerUrls ?? []);
    return urls.flatMap((url) => CA_NAME.exec(url)?.[1] ?? []);
  }

  async #assembled(): Promise<CaseSet> {
    return await assemble([...this.#pieces.values()]);
  }
}

function shown(
  encoded: Uint8Array,
  parse: (encoded: Uint8Array) => readonly Pick<Certificate, "der" | "subject">[],
): Root[] {
  try {
    return parse(encoded).map((certificate) => ({
      name: nameOf(certificate),
      sha256: hex(fingerprint(certificate)),
    }));
  } catch (error) {
    if (error instanceof FormError || error instanceof PartError) {
      return [];
    }
    throw error;
  }
}

function knownOf(matter: Case, all: CaseSet, ground: TrustData): Parameters<typeof verify>[1] {
  const chain = [...all.certificates, ...ground.serviceCas.map(parseCertificate)];
  const key = logKeyOf(matter);
  const isService = key !== null && ground.checkpoint !== null && signsCheckpoint(ground.checkpoint, key);
  return {
    now: ground.now,
    at: null,
    roots: ground.roots.flatMap((root) => orNone(() => parseCertificates(root))),
    foreignRoots: ground.roots.flatMap((root) => orNone(() => parseForeignCertificates(root))),
    logKeys: isService ? [...ground.logKeys, key] : ground.logKeys,
    witnessKeys: isService
      ? [...new Set([...ground.serviceWitnesses, ...ground.witnessKeys])]
      : ground.witnessKeys,
    tsa: tsaOf(ground.tsaRoots),
    chain,
    foreignChain: [...chain, ...all.foreign],
    foreignCrls: all.foreignCrls,
    crls: ground.crls.map(parseCrl),
    givenCrls: all.crls,
    givenOcsp: all.ocsps[0] ?? null,
    answer: ground.answers[matter.piece.id] ?? { state: "not_asked" },
  };
}

function tsaOf(files: readonly Uint8Array[]): ReturnType<typeof parseTsaTrust> {
  const trusts = files.map(parseTsaTrust);
  return {
    roots: trusts.flatMap(({ roots }) => roots),
    tolerant: trusts.flatMap(({ tolerant }) => tolerant),
    waived: trusts.flatMap(({ waived }) => waived),
  };
}

/**
 * Returns nothing if parsing fails: a root that only the tolerant reader accepts is used only for P7 of other
 * CAs.
 */
function orNone<T>(parse: () => readonly T[]): readonly T[] {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FormError) {
      return [];
    }
    throw error;
  }
}

/** Returns the content as text if it is UTF-8, complete, and small enough to display. */
function textOf({ head, size }: Content): string | null {
  if (head.length !== size || size > MAX_TEXT) {
    return null;
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(head);
    return text.includes("\u0000") ? null : text;
  } catch {
    return null;
  }
}

/** Limits serial numbers to this service, and to certificates that it issued. */
function isOfService(issuer: Certificate, cas: readonly Certificate[], root: Certificate): boolean {
  return cas.some((ca) => isSameCertificate(ca, issuer)) || isIssuedBy(issuer, root);
}

export { Dropped };
