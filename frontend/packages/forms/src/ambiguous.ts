/**
 * Content that is never signed as it stands: its bare signature would serve for something that nobody saw. Signed
 * attributes apart, these are digests, which OFD and GB/T 35275 sign in place of a file; XML's SignedInfo; what
 * certificates, their requests and lists sign; what TLS signs.
 */

import { utf8 } from "@mshield/gm";

const DIGEST_BYTES = 32;
const ENCODED_DIGEST = /^(?:[A-Za-z0-9+/]{43}=|[0-9A-Fa-f]{64})(?:\r?\n)?$/;
const SIGNED_INFO = /^(?:\u00ef\u00bb\u00bf)?[ \t\r\n]*<(?:[^\t-\r <>/:&]+:)?SignedInfo[ \t\r\n>/]/;
const TLS_13 = utf8(`${" ".repeat(64)}TLS 1.3`);
/** How a CertificationRequestInfo begins (version 0, then a name), and a TBSCertificate (its version, explicitly). */
const CERTIFIED: readonly (readonly number[])[] = [
  [2, 1, 0, 0x30],
  [0xa0, 3, 2, 1],
];
/** How a TBSCertList begins: version 1, then an algorithm, which is China's own. */
const LIST = [2, 1, 1, 0x30];
const LIST_HEAD = 24;
const GM_ARC = [0x2a, 0x81, 0x1c, 0xcf, 0x55];

/** Whether a signature over this content alone would say something else than what its reader sees. */
export function isAmbiguous(content: Uint8Array): boolean {
  return (
    isDigest(content) ||
    isLikeSignedInfo(content) ||
    isOfCertificates(content) ||
    begins(content, TLS_13) ||
    content.length === 0
  );
}

/** Whether content is 32 octets, or base64 or hex of them, with or without a final newline. */
export function isDigest(content: Uint8Array): boolean {
  return content.length === DIGEST_BYTES || (content.length <= 66 && ENCODED_DIGEST.test(latin1(content)));
}

/** Whether content begins as XML's SignedInfo does. */
export function isLikeSignedInfo(content: Uint8Array): boolean {
  const start = content.findIndex((octet) => ![0xef, 0xbb, 0xbf, 9, 10, 13, 32].includes(octet));
  const gap = content.findIndex((octet, at) => at > start && [9, 10, 13, 32, 0x3e, 0x2f].includes(octet));
  return content[start] === 0x3c && gap > 0 && SIGNED_INFO.test(latin1(content.subarray(0, gap + 1)));
}

function isOfCertificates(content: Uint8Array): boolean {
  const [tag, length] = content;
  if (tag !== 0x30 || length === undefined) {
    return false;
  }
  const inside = content.subarray(2 + (length & 0x80 ? length & 0x7f : 0));
  return (
    CERTIFIED.some((head) => begins(inside, head)) ||
    (begins(inside, LIST) && holds(content.subarray(0, LIST_HEAD), GM_ARC))
  );
}

function begins(content: Uint8Array, head: ArrayLike<number>): boolean {
  return content.length >= head.length && Array.from(head).every((octet, at) => content[at] === octet);
}

function holds(content: Uint8Array, part: readonly number[]): boolean {
  return content.some((_, at) => begins(content.subarray(at), part));
}

/** Each octet as the character of its number. */
function latin1(content: Uint8Array): string {
  return Array.from(content, (octet) => String.fromCharCode(octet)).join("");
}
