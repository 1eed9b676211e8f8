/**
 * Content whose bare signature would serve as something else that nobody saw: it is never signed as it stands. A verifier
 * refuses the same as the content of a SignedData without attributes, but for what only a signer can judge.
 */

import { hex, isInternalMessage, utf8 } from "@mshield/gm";

import { isLikeAttributes } from "./signed_attributes.ts";

export type Ambiguity =
  "empty" | "internal" | "attributes" | "digest" | "signed_info" | "to_be_signed" | "tls";

const BASE64 = /^[A-Za-z0-9+/]{43}=(?:\r\n|\r|\n)?$/;
const HEX = /^[0-9A-Fa-f]{64}(?:\r\n|\r|\n)?$/;
const LONGEST_DIGEST = 66;
const DIGEST_BYTES = 32;
const [REQUEST, CERTIFICATE, LIST] = ["02010030", "a0030201", "02010130"];
const SM2_WITH_SM3 = "2a811ccf55";
/** Octets in which a list's TBSCertList names its algorithm. */
const HEAD = 24;
const TLS = hex(utf8(`${" ".repeat(64)}TLS 1.3`));
const SPACE: readonly (number | undefined)[] = [0x20, 0x09, 0x0d, 0x0a];
/** What ends the prefix of an element's name, or the name. */
const [COLON, SLASH, LESS, GREATER] = [0x3a, 0x2f, 0x3c, 0x3e];
const NAME = utf8("SignedInfo");

/** What else a bare signature over this content would be. What a login signs is judged apart, by its JSON. */
export function ambiguity(content: Uint8Array): Ambiguity | null {
  const seen = contentOfAnother(content);
  if (seen !== null) {
    return seen;
  }
  if (content.length === 0) {
    return "empty";
  }
  if (isToBeSigned(content)) {
    return "to_be_signed";
  }
  return hex(content.subarray(0, TLS.length / 2)) === TLS ? "tls" : null;
}

/** What a verifier refuses as the content of a SignedData without attributes. */
export function contentOfAnother(content: Uint8Array): Ambiguity | null {
  if (isInternalMessage(content)) {
    return "internal";
  }
  if (isLikeAttributes(content)) {
    return "attributes";
  }
  if (isDigest(content)) {
    return "digest";
  }
  return isLikeSignedInfo(content) ? "signed_info" : null;
}

/** Whether it is refused as ambiguous; internal messages, logins and attributes have refusals of their own. */
export function isAmbiguous(content: Uint8Array): boolean {
  return ![null, "internal", "attributes"].includes(ambiguity(content));
}

/** Whether it is 32 octets, or these in base64 or hex: a file's digest, by whose signature OFD files are signed. */
export function isDigest(content: Uint8Array): boolean {
  if (content.length > LONGEST_DIGEST) {
    return false;
  }
  const text = String.fromCharCode(...content);
  return content.length === DIGEST_BYTES || BASE64.test(text) || HEX.test(text);
}

/** Whether it begins as an element SignedInfo of any prefix; one pass. */
export function isLikeSignedInfo(content: Uint8Array): boolean {
  const isAt = (at: number, wanted: Uint8Array): boolean =>
    wanted.every((octet, i) => content[at + i] === octet);
  let at = isAt(0, Uint8Array.of(0xef, 0xbb, 0xbf)) ? 3 : 0;
  while (SPACE.includes(content[at])) {
    at++;
  }
  if (content[at] !== LESS) {
    return false;
  }
  at++;
  const isName = (start: number): boolean => {
    const after = content[start + NAME.length];
    return isAt(start, NAME) && (SPACE.includes(after) || after === GREATER || after === SLASH);
  };
  if (isName(at)) {
    return true;
  }
  const start = at;
  while (at < content.length && ![COLON, SLASH, LESS, GREATER, ...SPACE].includes(content[at])) {
    at++;
  }
  return content[at] === COLON && at > start && isName(at + 1);
}

/** Whether it begins as CertificationRequestInfo, TBSCertificate or TBSCertList do, its length in any BER form. */
function isToBeSigned(content: Uint8Array): boolean {
  const length = content[1];
  if (content[0] !== 0x30 || length === undefined) {
    return false;
  }
  const start = 2 + (length & 0x80 ? length & 0x7f : 0);
  const inside = hex(content.subarray(start, start + 4));
  const isList = inside === LIST && hex(content.subarray(0, HEAD)).includes(SM2_WITH_SM3);
  return inside === REQUEST || inside === CERTIFICATE || isList;
}
