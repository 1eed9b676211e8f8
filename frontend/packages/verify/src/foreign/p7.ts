/**
 * SignedData by GB/T 35275 and by RFC 5652 with one SM2 signature, as others produce it. Both arcs, three
 * names of the signature algorithm, DER or r ‖ s: the wrapper may vary, but not what is signed.
 */

import { ambiguityOfContent, DISPLAY_OID, FormError, setOf, tlv } from "@mshield/forms";
import { digest, fromDer, GmError, hex, number, equalBytes, sm3, toDer, verifyDigest } from "@mshield/gm";

import { P7Error } from "../errors.ts";
import { OIDS } from "../oids.ts";
import { allOf, type Reader, Reader as DerReader, whole } from "../reader.ts";
import { readAlgorithm } from "../timestamps/algorithms.ts";
import { type ForeignCertificate, maySign, parseForeignCertificate } from "./certificate.ts";
import { octetsOfFile } from "./p7_file.ts";
import { Wrapper } from "./wrapper.ts";

export type Arc = "gb" | "rfc";
export type Form = "content" | "digest";

const MAX_CERTIFICATES = 64;
const [DIGEST_BYTES, RAW_BYTES] = [32, 64];
const ARCS: Readonly<Record<string, Arc>> = { [OIDS.gbSignedData]: "gb", [OIDS.cmsSignedData]: "rfc" };
const DATA: Readonly<Record<Arc, readonly string[]>> = {
  gb: [OIDS.gbData, OIDS.cmsData],
  rfc: [OIDS.cmsData],
};
const SIGNATURES: ReadonlySet<string> = new Set([OIDS.sm2Signing, OIDS.sm2WithSm3, OIDS.sm2]);
const [SEQUENCE, SET, ATTRIBUTES, UNSIGNED, CERTIFICATES, CRLS] = [0x30, 0x31, 0xa0, 0xa1, 0xa0, 0xa1];

/** Contents of SignerInfo. */
interface SignerInfo {
  readonly issuer: Uint8Array;
  readonly serial: bigint;
  /** M, if there are attributes. */
  readonly attributes: Uint8Array | null;
  /** The same in the order of the file, if that isn't DER's. */
  readonly asSent: Uint8Array | null;
  readonly messageDigest: Uint8Array | null;
  readonly signingTime: number | null;
  readonly display: Uint8Array | null;
  /** The value of the signing-certificate-v2 attribute, in DER. */
  readonly signingCertificate: Uint8Array | null;
  readonly algorithm: string;
  readonly value: Uint8Array;
  readonly isUnsigned: boolean;
}

/** Contents of a SignedData; nothing is verified. */
export interface P7 extends SignerInfo {
  readonly arc: Arc;
  readonly content: Uint8Array | null;
  readonly certificates: readonly Uint8Array[];
}

/**
 * A SignedData with a valid signature; whether to trust its signer is a separate question. `signingTime` (ms)
 * is a claim, `display` is the display that the signer bound, to be compared.
 */
export interface VerifiedP7 {
  readonly p7: P7;
  readonly certificate: ForeignCertificate;
  readonly content: Uint8Array;
  readonly message: Uint8Array;
  /** True if the value is r ‖ s. */
  readonly isRaw: boolean;
}

/** Parses a SignedData from a file's octets. Throws: P7Error, FormError. */
export function parseP7(file: Uint8Array): P7 {
  const outer = new Wrapper(octetsOfFile(file));
  outer.enter();
  const type = oidOf(outer);
  if (!Object.hasOwn(ARCS, type)) {
    throw new P7Error("content_type", "not a SignedData of either arc");
  }
  const arc = ARCS[type]!;
  outer.enter(0xa0);
  outer.enter();
  if (whole(outer.strict(2), (reader) => reader.integer()) !== 1n) {
    throw new P7Error("version", "not version 1");
  }
  readDigestAlgorithms(outer);
  const content = readContent(outer, arc);
  const certificates = skipped(outer, CERTIFICATES!);
  skipped(outer, CRLS!);
  outer.enter(SET);
  const signer = outer.more ? outer.strict(SEQUENCE!) : null;
  if (signer === null || outer.more) {
    throw new P7Error("signers", "there must be exactly one signer");
  }
  for (let level = 0; level < 4; level++) {
    outer.leave();
  }
  outer.end();
  const info = whole(signer, (reader) => allOf(reader.enter(), (inside) => readSigner(inside, arc)));
  return { arc, content, certificates, ...info };
}

/** Data supplied with a file: the content, further certificates, and whether what is signed is a digest. */
export interface P7Context {
  readonly content?: Uint8Array | null;
  readonly certificates?: readonly ForeignCertificate[];
  readonly form?: Form;
}

/** Verifies the signature over this content. Throws: P7Error with its reason, FormError. */
export function verifyP7(
  file: Uint8Array,
  { content = null, certificates = [], form = "content" }: P7Context = {},
): VerifiedP7 {
  const p7 = parseP7(file);
  if (form === "digest" && content === null) {
    throw new P7Error("content", "the file whose digest is signed is needed");
  }
  const wanted = form === "digest" && content !== null ? sm3(content) : content;
  const known = p7.content ?? wanted;
  if (known === null) {
    throw new P7Error("content", "detached: the content is needed");
  }
  if (wanted !== null && !equalBytes(wanted, known)) {
    throw new P7Error("content", "the content is not the one inside");
  }
  const certificate = signerOf(p7, certificates);
  const messages = messagesOf(p7, known, form);
  const digests = messages.map((message) => digest(certificate.publicKey, message));
  const { e, isRaw } = verifiesDigest(certificate, digests, p7.value);
  return { p7, certificate, content: known, message: messages[digests.indexOf(e)]!, isRaw };
}

/** Returns what may be M. */
function messagesOf(p7: P7, content: Uint8Array, form: Form): readonly Uint8Array[] {
  const attributes = signedAttributesOf(p7);
  if (attributes.length > 0) {
    if (p7.messageDigest === null || !equalBytes(p7.messageDigest, sm3(content))) {
      throw new P7Error("digest", "the signed digest is another content's");
    }
    return attributes;
  }
  const another = ambiguityOfContent(content);
  if (another !== null && !(another === "digest" && form === "digest")) {
    throw new P7Error("ambiguous", `the content is ${another}: it was signed as something else`);
  }
  return [content];
}

/**
 * Returns the octets that may be signed of the attributes; empty without attributes. They are signed in DER's
 * order (RFC 5652 5.4), but by some producers in the order of the file.
 */
export function signedAttributesOf({ attributes, asSent }: P7): readonly Uint8Array[] {
  return [attributes, asSent].filter((octets) => octets !== null);
}

/**
 * Verifies a signature of one of these digests; returns which, and whether it is r ‖ s, since 64 octets may by
 * chance be DER too. Throws: P7Error.
 */
export function verifiesDigest(
  { publicKey }: ForeignCertificate,
  digests: readonly Uint8Array[],
  value: Uint8Array,
): { e: Uint8Array; isRaw: boolean } {
  for (const isRaw of value.length === RAW_BYTES ? [false, true] : [false]) {
    for (const e of digests) {
      try {
        verifyDigest(publicKey, e, isRaw ? fromRaw(value) : fromDer(value));
        return { e, isRaw };
      } catch (error) {
        if (!(error instanceof GmError)) {
          throw error;
        }
      }
    }
  }
  throw new P7Error("signature", "the signature does not verify");
}

/** Reads r ‖ s. Throws: `bad_signature` if a number is out of range. */
function fromRaw(value: Uint8Array): ReturnType<typeof fromDer> {
  return fromDer(toDer({ r: number(value.subarray(0, 32)), s: number(value.subarray(32)) }));
}

/**
 * Returns the only certificate of that name and serial number, inside or beside, which must be for signing.
 */
export function signerOf(p7: P7, beside: readonly ForeignCertificate[]): ForeignCertificate {
  const isNamed = ([issuer, serial]: readonly [Uint8Array, bigint]): boolean =>
    serial === p7.serial && equalBytes(issuer, p7.issuer);
  const inside = p7.certificates.filter((der) => {
    const names = namesOf(der);
    return names !== null && isNamed(names);
  });
  const outside = beside.filter(({ issuer, serial }) => isNamed([issuer.der, serial])).map(({ der }) => der);
  const [der, ...others] = new Map([...inside, ...outside].map((one) => [hex(one), one])).values();
  if (der === undefined || others.length > 0) {
    throw new P7Error("certificate", "the signer's certificate is missing or ambiguous");
  }
  const certificate = readable(der);
  if (!maySign(certificate)) {
    throw new P7Error("usage", "the certificate is not for signing");
  }
  return certificate;
}

function readable(der: Uint8Array): ForeignCertificate {
  try {
    return parseForeignCertificate(der);
  } catch (error) {
    throw error instanceof FormError ? new P7Error("certificate", error.message) : error;
  }
}

/** Returns issuer and serial number of any certificate, even one that can't be parsed here. */
function namesOf(certificate: Uint8Array): readonly [issuer: Uint8Array, serial: bigint] | null {
  try {
    const tbs = new DerReader(certificate).enter().enter();
    tbs.explicit(0);
    const serial = tbs.integer();
    tbs.raw(SEQUENCE);
    return [tbs.raw(SEQUENCE), serial];
  } catch (error) {
    if (error instanceof FormError) {
      return null;
    }
    throw error;
  }
}

function oidOf(outer: Wrapper): string {
  return whole(outer.strict(6), (reader) => reader.oid());
}

function readDigestAlgorithms(outer: Wrapper): void {
  outer.enter(SET);
  if (!outer.more) {
    throw new P7Error("algorithm", "no digest algorithm");
  }
  while (outer.more) {
    requireSm3(new DerReader(outer.strict(SEQUENCE!)));
  }
  outer.leave();
}

function requireSm3(reader: Reader): void {
  if (readAlgorithm(reader) !== OIDS.sm3) {
    throw new P7Error("algorithm", "the digest is not SM3");
  }
}

function readContent(outer: Wrapper, arc: Arc): Uint8Array | null {
  outer.enter();
  if (!DATA[arc].includes(oidOf(outer))) {
    throw new P7Error("content_type", "the content is not plain data of this arc");
  }
  let content: Uint8Array | null = null;
  if (outer.more) {
    outer.enter(0xa0);
    content = outer.octets();
    outer.leave();
  }
  outer.leave();
  return content;
}

/** Returns the elements of an optional IMPLICIT set, as encoded, in any order. */
function skipped(outer: Wrapper, tag: number): Uint8Array[] {
  const elements: Uint8Array[] = [];
  if (outer.next !== tag) {
    return elements;
  }
  outer.enter(tag);
  while (outer.more) {
    if (elements.length === MAX_CERTIFICATES) {
      throw new P7Error("form", "too many certificates or lists");
    }
    elements.push(outer.strict(SEQUENCE!));
  }
  outer.leave();
  return elements;
}

function readSigner(info: Reader, arc: Arc): SignerInfo {
  if (info.integer() !== 1n) {
    throw new P7Error("signers", "the signer must be named by issuer and serial number");
  }
  const [issuer, serial] = allOf(info.enter(), (named) => [named.raw(SEQUENCE), named.integer()] as const);
  requireSm3(info);
  const read = info.next === ATTRIBUTES ? readAttributes(info.enter(ATTRIBUTES), arc) : NO_ATTRIBUTES;
  const algorithm = readAlgorithm(info);
  if (!SIGNATURES.has(algorithm)) {
    throw new P7Error("algorithm", "the signature is not SM2");
  }
  const value = info.octets();
  const isUnsigned = info.next === UNSIGNED;
  if (isUnsigned) {
    info.raw();
  }
  return { issuer, serial, ...read, algorithm, value, isUnsigned };
}

type Attributes = Pick<
  SignerInfo,
  "attributes" | "asSent" | "messageDigest" | "signingTime" | "display" | "signingCertificate"
>;

const NO_ATTRIBUTES: Attributes = {
  attributes: null,
  asSent: null,
  messageDigest: null,
  signingTime: null,
  display: null,
  signingCertificate: null,
};

/** Reads attributes. */
function readAttributes(inside: Reader, arc: Arc): Attributes {
  const elements: Uint8Array[] = [];
  const values = new Map<string, Uint8Array>();
  while (inside.more) {
    const element = inside.raw(SEQUENCE);
    elements.push(element);
    const [type, those] = allOf(
      whole(element, (outer) => outer.enter()),
      (attribute) => [attribute.oid(), attribute.enter(SET)] as const,
    );
    if (values.has(type) || !those.more) {
      throw new P7Error("attributes", "an attribute is repeated, or has no value");
    }
    values.set(type, those.raw());
    if (those.more) {
      throw new P7Error("attributes", "an attribute has several values");
    }
  }
  const display = values.get(DISPLAY_OID);
  const [attributes, asSent] = [setOf(...elements), tlv(SET!, ...elements)];
  return {
    attributes,
    asSent: equalBytes(attributes, asSent) ? null : asSent,
    messageDigest: digestOf(values, arc),
    signingTime: claimed(values.get(OIDS.signingTime)),
    display: display === undefined ? null : digestValue(display),
    signingCertificate: values.get(OIDS.signingCertificateV2) ?? null,
  };
}

/** Returns the messageDigest, after checking that the contentType belongs to this arc. */
function digestOf(values: ReadonlyMap<string, Uint8Array>, arc: Arc): Uint8Array {
  const [kind, value] = [values.get(OIDS.contentType), values.get(OIDS.messageDigest)];
  if (kind === undefined || !DATA[arc].includes(whole(kind, (reader) => reader.oid()))) {
    throw new P7Error("attributes", "the signed content type is missing, or not plain data of this arc");
  }
  if (value === undefined) {
    throw new P7Error("attributes", "no signed digest");
  }
  return digestValue(value);
}

function digestValue(value: Uint8Array): Uint8Array {
  const octets = whole(value, (reader) => reader.octets());
  if (octets.length !== DIGEST_BYTES) {
    throw new P7Error("attributes", "an SM3 digest has 32 octets");
  }
  return octets;
}

function claimed(value: Uint8Array | undefined): number | null {
  return value === undefined ? null : whole(value, (reader) => reader.anyTime());
}
