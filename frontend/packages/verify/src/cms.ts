/** CMS SignedData (RFC 5652) with one SM2 signature, over the content itself or over signed attributes. */

import {
  DISPLAY_OID,
  FormError,
  isDigest,
  isLikeAttributes,
  isLikeSignedInfo,
  SET,
  signedAttributes,
} from "@mshield/forms";
import { equalBytes, type Signature } from "@mshield/gm";

import { type Attributes, parseAttributes } from "./attributes.ts";
import { type Certificate, parseCertificate } from "./certificate.ts";
import { type Content, contentOf, NO_BYTES } from "./content.ts";
import { ContentMismatch } from "./errors.ts";
import { ALGORITHM, DIGEST_ALGORITHM, readSignature } from "./frame.ts";
import { readName } from "./names.ts";
import { OIDS } from "./oids.ts";
import { allOf, type Reader, whole } from "./reader.ts";

const V1 = 1n;
/** Maximum length of a digest: hex with CR LF. */
const MOST_OF_DIGEST = 66;
const ATTRIBUTES = 0xa0;
/** Unsigned attributes: time stamps on the signature. */
const UNSIGNED = 0xa1;

/**
 * `content` is null if detached, `signer` is the signing certificate; without attributes the content itself
 * is signed.
 */
export interface SignedData {
  readonly content: Uint8Array | null;
  readonly attributes: Attributes | null;
  readonly signature: Signature;
  readonly signer: Certificate;
  readonly certificates: readonly Certificate[];
  /** Tokens (DER) on the signature's octets, added after it. */
  readonly timeStamps: readonly Uint8Array[];
}

/** Parses a SignedData of the only form accepted here. Verifies nothing. Throws: FormError. */
export function parseCms(der: Uint8Array, displayOids: readonly string[] = [DISPLAY_OID]): SignedData {
  const inside = whole(der, (reader) => allOf(reader.enter(), readOuter));
  const [version, digests] = [inside.integer(), inside.setOf().map((algorithm) => algorithm.raw())];
  if (version !== V1 || digests.length !== 1 || !equalBytes(digests[0]!, DIGEST_ALGORITHM)) {
    throw new FormError("not version 1 with SM3 as its only digest");
  }
  const content = allOf(inside.enter(), readContent);
  const certificates = inside.setOf(0xa0).map((element) => parseCertificate(element.raw()));
  const [signer, ...more] = inside.setOf();
  inside.end();
  if (signer === undefined || more.length > 0) {
    throw new FormError("there must be exactly one signer");
  }
  const { issuer, serial, timeStamps, ...over } = readSigner(signer, displayOids);
  const named = certificates.filter(
    (certificate) => certificate.serial === serial && equalBytes(certificate.issuer.der, issuer),
  );
  if (named.length !== 1) {
    throw new FormError("the signer's certificate is missing or ambiguous");
  }
  return { content, ...over, signer: named[0]!, certificates, timeStamps };
}

/** Content that the signature covers, once everything known about it matches: M, or content to be hashed. */
export type Signed = Content;

/**
 * Returns what was signed. A detached signature needs the content, or with signed attributes at least its SM3
 * `digest`. Without attributes, content that is a digest or begins as SignedInfo is refused. Throws: FormError
 * if something is missing, ContentMismatch if it differs.
 */
export async function signedMessage(
  signed: SignedData,
  { content, digest }: { readonly content: Content | null; readonly digest: Uint8Array | null },
): Promise<Signed> {
  const inside = signed.content === null ? null : contentOf(signed.content);
  if (content !== null && inside !== null && !(await isSameContent(content, inside))) {
    throw new ContentMismatch("the content is not the one inside");
  }
  const known = inside ?? content;
  const ownDigest = known === null ? null : await known.hash(NO_BYTES);
  if (digest !== null && ownDigest !== null && !equalBytes(digest, ownDigest)) {
    throw new ContentMismatch("the content has another digest");
  }
  return messageOf(signed.attributes, known, ownDigest ?? digest);
}

function messageOf(attributes: Attributes | null, known: Content | null, digest: Uint8Array | null): Signed {
  if (attributes !== null) {
    if (digest === null) {
      throw new FormError("detached: the content or its digest is needed");
    }
    if (!equalBytes(digest, attributes.messageDigest)) {
      throw new ContentMismatch("the signed digest is another content's");
    }
    return contentOf(signedAttributes(attributes.messageDigest, attributes.display, attributes));
  }
  if (known === null) {
    throw new FormError("detached without signed attributes: the content is needed");
  }
  if (isLikeAttributes(known.head)) {
    throw new ContentMismatch("the content is signed attributes, taken from another signature");
  }
  if ((known.size <= MOST_OF_DIGEST && isDigest(known.head)) || isLikeSignedInfo(known.head)) {
    throw new ContentMismatch("the content is a digest or SignedInfo, which stand for something else");
  }
  return known;
}

async function isSameContent(a: Content, b: Content): Promise<boolean> {
  return a.size === b.size && equalBytes(await a.hash(NO_BYTES), await b.hash(NO_BYTES));
}

function readOuter(outer: Reader): Reader {
  if (outer.oid() !== OIDS.cmsSignedData) {
    throw new FormError("not a SignedData");
  }
  const wrapped = outer.explicit(0);
  if (wrapped === null) {
    throw new FormError("no content");
  }
  return allOf(wrapped, (reader) => reader.enter());
}

function readContent(inside: Reader): Uint8Array | null {
  if (inside.oid() !== OIDS.cmsData) {
    throw new FormError("the content is not plain data");
  }
  const wrapped = inside.explicit(0);
  return wrapped === null ? null : allOf(wrapped, (reader) => reader.octets());
}

interface Signer {
  readonly issuer: Uint8Array;
  readonly serial: bigint;
  readonly attributes: Attributes | null;
  readonly signature: Signature;
  readonly timeStamps: readonly Uint8Array[];
}

function readSigner(element: Reader, displayOids: readonly string[]): Signer {
  return allOf(element.enter(), (info) => {
    if (info.integer() !== V1) {
      throw new FormError("the signer must be named by issuer and serial number");
    }
    const [issuer, serial] = allOf(info.enter(), (named) => [readName(named).der, named.integer()] as const);
    const digestAlgorithm = info.raw();
    const attributes = info.next === ATTRIBUTES ? parseAttributes(asSet(info.raw()), displayOids) : null;
    if (attributes?.isGb) {
      throw new FormError("the signed content type is another arc's");
    }
    if (!equalBytes(digestAlgorithm, DIGEST_ALGORITHM) || !equalBytes(info.raw(), ALGORITHM)) {
      throw new FormError("not SM3 and SM2");
    }
    const value = info.octets();
    const timeStamps = info.more ? info.setOf(UNSIGNED).map(readTimeStamp) : [];
    return { issuer, serial, attributes, signature: readSignature(value), timeStamps };
  });
}

function readTimeStamp(element: Reader): Uint8Array {
  return allOf(element.enter(), (attribute) => {
    if (attribute.oid() !== OIDS.timeStampToken) {
      throw new FormError("an attribute that nobody signed is no time stamp");
    }
    const [token, ...more] = attribute.setOf();
    if (token === undefined || more.length > 0) {
      throw new FormError("a time stamp's attribute has one value");
    }
    return token.raw(0x30);
  });
}

/** Replaces the identifier octet by that of a SET OF, which is what is signed (RFC 5652, 5.4). */
function asSet(implicit: Uint8Array): Uint8Array {
  const set = implicit.slice();
  set[0] = SET;
  return set;
}
