/**
 * Checks a SignedData made by others, by GB/T 35275 or RFC 5652. Without a trusted root it is never valid:
 * its signature is right, but its signer is unknown.
 */

import { ambiguityOfContent, FormError } from "@mshield/forms";
import { digest, GmError, hex, equalBytes, zValue } from "@mshield/gm";

import { clearingSource } from "./standalone/part.ts";
import type { Case } from "./assemble.ts";
import type { Signer } from "./case_facts.ts";
import { fingerprint } from "./certificate.ts";
import type { Tally } from "./checks.ts";
import { type Content, contentOf, NO_BYTES } from "./content.ts";
import { P7Error, PartError, VerificationError } from "./errors.ts";
import { type ForeignCertificate, parseForeignCertificate } from "./foreign/certificate.ts";
import { foreignStatus, parseForeignOcsp } from "./foreign/ocsp.ts";
import { verifiesDigest, type P7, signedAttributesOf, signerOf } from "./foreign/p7.ts";
import { findForeignPath } from "./foreign/path.ts";
import { part } from "./foreign/signer.ts";
import { P7_STEPS } from "./foreign/steps.ts";
import { attribute } from "./names.ts";
import { OIDS } from "./oids.ts";
import { clipped } from "./text.ts";
import { serialText } from "./check_log.ts";

/** Trusted and other known data; times in ms, `givenOcsp` in DER. */
export interface P7Input {
  readonly now: number;
  readonly at: number | null;
  readonly foreignRoots?: readonly ForeignCertificate[];
  readonly chain: readonly { readonly der: Uint8Array }[];
  /** Given lists (DER). */
  readonly foreignCrls?: readonly Uint8Array[];
  readonly givenOcsp: Uint8Array | null;
  /** This service's answer about a certificate that it issued. */
  readonly answer?: { readonly state: string; readonly ocsp?: Uint8Array };
}

/**
 * Returns SHA-256 (hex) of the root of the signer's chain; null if none is known. Throws: VerificationError.
 */
export async function checkP7(matter: Case, p7: P7, known: P7Input, tally: Tally): Promise<string | null> {
  try {
    return await checkParsed(matter, p7, known, tally);
  } catch (error) {
    if (error instanceof P7Error) {
      const [step, code] = P7_STEPS[error.reason] ?? ["input", "unreadable"];
      throw new VerificationError(code, step, error.message);
    }
    if (error instanceof FormError || error instanceof GmError) {
      throw new VerificationError("unreadable", "input", error.message);
    }
    throw error;
  }
}

/** Returns the signer that the certificate names; null if it is missing or unreadable. */
export function signerOfP7(p7: P7): Signer | null {
  try {
    return signerBy(signerOf(p7, []));
  } catch (error) {
    if (error instanceof P7Error) {
      return null;
    }
    throw error;
  }
}

/** Returns the signer that a foreign certificate names. */
export function signerBy(certificate: ForeignCertificate): Signer {
  return {
    name: part(certificate.subject, OIDS.commonName),
    organisation: part(certificate.subject, OIDS.organisation),
    role: part(certificate.subject, OIDS.organisationalUnit),
    creditCode: null,
    serial: serialText(certificate),
    issuer: clipped(attribute(certificate.issuer, OIDS.commonName) ?? ""),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
  };
}

async function checkParsed(matter: Case, p7: P7, known: P7Input, tally: Tally): Promise<string | null> {
  tally.passed("input", factsOf(p7));
  const content = await contentOfP7(matter, p7);
  if (content === null) {
    tally.missing("content", "no_document");
    return null;
  }
  const certificate = signerOf(p7, []);
  verifiesDigest(certificate, await digestsOf(p7, content, certificate), p7.value);
  tally.passed("content", { by: p7.content === null ? "file" : "inside", size: content.size });
  tally.passed("signature");
  return rootOf(certificate, p7.certificates, known, tally);
}

/**
 * Returns SHA-256 (hex) of the trusted root above the signer, after reporting its status; null if there is
 * none.
 */
export function rootOf(
  certificate: ForeignCertificate,
  others: readonly Uint8Array[],
  known: P7Input,
  tally: Tally,
): string | null {
  const path = pathOf(certificate, others, known, tally);
  if (path === null) {
    return null;
  }
  tally.passed("chain", { levels: path.length });
  clear(path, known, tally);
  tally.aside("issuers", "status_missing");
  return hex(fingerprint(path.at(-1)!));
}

function factsOf({ arc, attributes, algorithm, signingTime, value }: P7): Record<string, string | number> {
  const facts = {
    arc: arc === "gb" ? "GB/T 35275" : "RFC 5652",
    algorithm,
    value: value.length === 64 ? "r‖s" : "DER",
    signs: attributes === null ? "content" : "attributes",
  };
  const by = `p7_${facts.signs}${signingTime === null ? "" : "_dated"}`;
  return { ...facts, by, ...(signingTime !== null && { at: signingTime }) };
}

/** Returns the content inside, which must equal the file supplied with it, if any. */
async function contentOfP7({ document }: Case, { content }: P7): Promise<Content | null> {
  if (content === null) {
    return document?.content ?? null;
  }
  const inside = contentOf(content);
  if (document !== null && !equalBytes(await document.content.hash(NO_BYTES), await inside.hash(NO_BYTES))) {
    throw new P7Error("content", "the content is not the one inside");
  }
  return inside;
}

/** Returns what may be e. */
async function digestsOf(
  p7: P7,
  content: Content,
  { publicKey }: ForeignCertificate,
): Promise<readonly Uint8Array[]> {
  const { attributes, messageDigest } = p7;
  if (attributes === null) {
    const another = ambiguityOfContent(content.head);
    if (another !== null) {
      throw new P7Error("ambiguous", `the content is ${another}: it was signed as something else`);
    }
    return [await content.hash(zValue(publicKey))];
  }
  if (messageDigest === null || !equalBytes(messageDigest, await content.hash(NO_BYTES))) {
    throw new P7Error("digest", "the signed digest is another content's");
  }
  return signedAttributesOf(p7).map((octets) => digest(publicKey, octets));
}

/** Returns null if no trusted root leads there, which is no fault of the signature. */
function pathOf(
  certificate: ForeignCertificate,
  beside: readonly Uint8Array[],
  known: P7Input,
  tally: Tally,
): readonly ForeignCertificate[] | null {
  const roots = known.foreignRoots ?? [];
  const others = [...beside, ...known.chain.map(({ der }) => der)].flatMap(readable);
  try {
    return findForeignPath(certificate, others, roots, known.at ?? known.now);
  } catch (error) {
    if (!(error instanceof PartError)) {
      throw error;
    }
    if (error.code !== "unknown_issuer") {
      throw new VerificationError(error.code, "chain", error.message);
    }
    tally.missing("chain", roots.length === 0 ? "no_root" : "unknown_issuer");
    return null;
  }
}

/** Clears it by given OCSP answer and lists, or this service's answer; no outside responder is contacted. */
function clear(path: readonly ForeignCertificate[], known: P7Input, tally: Tally): void {
  const [certificate, issuer] = path;
  const at = known.at ?? known.now;
  const asked = known.answer?.state === "answered" ? (known.answer.ocsp ?? null) : null;
  const ocsp = known.givenOcsp ?? asked;
  try {
    const by = clearingSource(path, { crls: known.foreignCrls ?? [], ocsp: null, at });
    if (ocsp === null || issuer === undefined) {
      if (by === null) {
        tally.missing("revocation", known.answer?.state === "no_answer" ? "no_answer" : "foreign_ca");
      } else {
        tally.passed("revocation", { by });
      }
      return;
    }
    const { status, thisUpdate } = foreignStatus(parseForeignOcsp(ocsp), certificate!, issuer, at);
    if (status.state === "good") {
      tally.passed("revocation", { by: known.givenOcsp === null ? "asked" : "ocsp", at: thisUpdate });
    } else if (status.state === "revoked") {
      tally.failed("revocation", status.reason === 6 ? "on_hold" : "revoked", status);
    } else {
      tally.missing("revocation", "status_unknown");
    }
  } catch (error) {
    if (error instanceof FormError) {
      throw new VerificationError("unreadable", "revocation", error.message);
    }
    if (error instanceof PartError) {
      throw new VerificationError(error.code, "revocation", error.message, error.revocation);
    }
    throw error;
  }
}

/** Parses a certificate; one without SM2 is skipped, since no path contains it. */
export function readable(der: Uint8Array): ForeignCertificate[] {
  try {
    return [parseForeignCertificate(der)];
  } catch (error) {
    if (error instanceof FormError) {
      return [];
    }
    throw error;
  }
}
