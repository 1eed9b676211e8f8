/**
 * Refusal of content whose bare signature could be reused for something else that was never displayed. Such content is
 * never signed bare. A verifier refuses the same as the content of a SignedData without attributes, except
 * what only a signer can decide.
 */

import { hex, isInternalMessage, utf8 } from "@mshield/gm";

import { isOfdList } from "./ofd_lists.ts";
import { isLikeAttributes } from "./signed_attributes.ts";
import { isToBeSigned } from "./to_be_signed.ts";

export type Ambiguity =
  "empty" | "internal" | "attributes" | "digest" | "signed_info" | "ofd_list" | "to_be_signed" | "tls";

const BASE64 = /^[A-Za-z0-9+/]{43}=(?:\r\n|\r|\n)?$/;
const HEX = /^[0-9A-Fa-f]{64}(?:\r\n|\r|\n)?$/;
const LONGEST_DIGEST = 66;
const DIGEST_BYTES = 32;
const TLS = hex(utf8(`${" ".repeat(64)}TLS 1.3`));
const SPACE: readonly (number | undefined)[] = [0x20, 0x09, 0x0d, 0x0a];
/** Characters that end an element's name or its prefix. */
const [COLON, SLASH, LESS, GREATER] = [0x3a, 0x2f, 0x3c, 0x3e];
const NAME = utf8("SignedInfo");

/**
 * Returns what else a bare signature over this content would be; null if nothing. A login's M is checked
 * separately, by its JSON.
 */
export function ambiguity(content: Uint8Array): Ambiguity | null {
  const seen = ambiguityOfContent(content);
  if (seen !== null) {
    return seen;
  }
  if (content.length === 0) {
    return "empty";
  }
  if (isToBeSigned(content)) {
    return "to_be_signed";
  }
  if (isOfdList(content)) {
    return "ofd_list";
  }
  return hex(content.subarray(0, TLS.length / 2)) === TLS ? "tls" : null;
}

/**
 * Returns what a verifier refuses as the content of a SignedData without attributes; null if it is
 * acceptable.
 */
export function ambiguityOfContent(content: Uint8Array): Ambiguity | null {
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

/**
 * Reports whether the content is refused as ambiguous; internal messages, logins and attributes have their
 * own refusals.
 */
export function isAmbiguous(content: Uint8Array): boolean {
  return ![null, "internal", "attributes"].includes(ambiguity(content));
}

/**
 * Reports whether it is 32 octets, or these in base64 or hex: a file's digest. Signed OFD files are signed
 * that way.
 */
export function isDigest(content: Uint8Array): boolean {
  if (content.length > LONGEST_DIGEST) {
    return false;
  }
  const text = String.fromCharCode(...content);
  return content.length === DIGEST_BYTES || BASE64.test(text) || HEX.test(text);
}

/** Reports whether it begins as an element SignedInfo of any prefix, in one pass. */
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
