/**
 * Detection of DER that a certificate's key signs in protocols of certificates, status and seals. Only the
 * beginning is read. Lengths may have any BER form, since some readers accept them.
 */

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OID = 0x06;
const IA5 = 0x16;
const SEQUENCE = 0x30;
const TIMES = [0x17, 0x18];
const CONTEXT_0 = 0xa0;
const CONTEXT_1_2 = new Set([0xa1, 0xa2]);
/** Tag of what follows an indefinite length: it could be any. */
const UNKNOWN = -1;

/** Start of an element: its tag, where its content begins, and where it ends (null: indefinite length). */
interface Element {
  readonly tag: number;
  readonly inside: number;
  readonly end: number | null;
}

const NOTHING: Element = { tag: 0, inside: 0, end: 0 };

/**
 * Reports whether content begins like a structure that is signed for a certificate, its status or a seal, by
 * what stands first in its SEQUENCE: INTEGER, then SEQUENCE (CertificationRequestInfo, TBSCertList,
 * AttributeCertificateInfo, TBSCertificate v1, CertRequest of CRMF, TBS_Sign of GB/T 38540); [0]
 * (TBSCertificate, TBSRequest and ResponseData of OCSP, POPOSigningKeyInput of CRMF); [1] or [2] (TBSRequest
 * and ResponseData of OCSP); SEQUENCE (what `isNested` lists).
 */
export function isToBeSigned(content: Uint8Array): boolean {
  const outer = elementAt(content, 0);
  if (outer.tag !== SEQUENCE) {
    return false;
  }
  const first = elementAt(content, outer.inside);
  const next = following(content, first).tag;
  if (first.tag === INTEGER) {
    return next === SEQUENCE;
  }
  if (first.tag === CONTEXT_0) {
    return elementAt(content, first.inside).tag === INTEGER || [SEQUENCE, UNKNOWN].includes(next);
  }
  if (CONTEXT_1_2.has(first.tag)) {
    return [SEQUENCE, UNKNOWN, ...TIMES].includes(next);
  }
  return first.tag === SEQUENCE && isNested(content, first);
}

/**
 * Reports the same of a structure whose first element is a SEQUENCE: with INTEGER, GeneralName
 * (ProtectedPart of CMP); with "ES", also one level deeper (SES_SealInfo of GB/T 38540, alone or with
 * certificate and algorithm); with OID, then Name and time (TBSCertList v1); with an algorithm and a BIT
 * STRING (PublicKeyAndChallenge, POPOSigningKeyInput with a MAC); with SEQUENCE of CertID (TBSRequest of
 * OCSP).
 */
function isNested(content: Uint8Array, first: Element): boolean {
  const second = elementAt(content, first.inside);
  if (second.tag === INTEGER) {
    return isGeneralName(following(content, second).tag);
  }
  if (second.tag === OID) {
    const name = following(content, first);
    const isTimed = [UNKNOWN, ...TIMES].includes(following(content, name).tag);
    return name.tag === UNKNOWN || (name.tag === SEQUENCE && isTimed);
  }
  if (second.tag !== SEQUENCE) {
    return isSeal(content, second);
  }
  const third = elementAt(content, second.inside);
  if (third.tag === OID) {
    return [BIT_STRING, UNKNOWN].includes(following(content, second).tag);
  }
  if (third.tag === SEQUENCE) {
    const algorithm = elementAt(content, third.inside);
    const isCertificateId = [OCTET_STRING, UNKNOWN].includes(following(content, algorithm).tag);
    return algorithm.tag === SEQUENCE && isCertificateId;
  }
  return isSeal(content, third);
}

function isGeneralName(tag: number): boolean {
  return (tag & 0xc0) === 0x80 && (tag & 0x1f) <= 8;
}

function isSeal(content: Uint8Array, { tag, inside }: Element): boolean {
  return tag === IA5 && content[inside] === 0x45 && content[inside + 1] === 0x53;
}

/** Returns the element after this one. */
function following(content: Uint8Array, { end }: Element): Element {
  return end === null ? { tag: UNKNOWN, inside: 0, end } : elementAt(content, end);
}

/** Returns the element that starts here; its tag is 0 if there is none. */
function elementAt(content: Uint8Array, at: number): Element {
  const [tag, length = 0x80] = [content[at], content[at + 1]];
  if (tag === undefined) {
    return NOTHING;
  }
  const start = at + 2;
  if (length === 0x80) {
    return { tag, inside: start, end: null };
  }
  if (length < 0x80) {
    return { tag, inside: start, end: start + length };
  }
  const inside = start + (length & 0x7f);
  const octets = content.subarray(start, inside);
  return { tag, inside, end: inside + octets.reduce((sum, octet) => sum * 256 + octet, 0) };
}
