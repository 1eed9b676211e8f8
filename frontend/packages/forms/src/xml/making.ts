/**
 * XML that is signed by the E-Port profile: SignedInfo, which is signed as M, and the finished file (docs/formats.md). In M the
 * SignedInfo stands as Canonical XML has it in its place, with all namespaces of the document element; in the file it has none.
 */

import { bytes32, concat, same, type Signature, sm3, utf8 } from "@mshield/gm";

import { toBase64 } from "../base64.ts";
import { XmlError } from "../errors.ts";
import type { Options, XmlOptions } from "../formats.ts";
import { declarations, DSIG, EPORT, INCLUSIVE, requireCanonical } from "./canonical.ts";
import type { Start, XmlDocument } from "./reader.ts";

type Profile = XmlOptions["profile"];

/** XML that is to be signed, or was: what M is said to be, by which profile. */
export interface SignedXml {
  readonly message: Uint8Array;
  readonly profile: Profile;
}

const DECLARATION = utf8('<?xml version="1.0" encoding="UTF-8"?>\n');
const METHODS: Readonly<Record<Profile, string>> = {
  "eport-2022": `${EPORT}sm2-sm3`,
  "eport-2023": `${DSIG}sm2-sm3`,
};
const SERIAL_DIGITS = 16;

export interface MadeXml {
  /** Canonical. */
  readonly content: Uint8Array;
  readonly profile: Profile;
  readonly signature: Signature;
  readonly keyName: string;
  /** DER. */
  readonly certificate: Uint8Array;
}

/** M of content, which has to be canonical: XmlError `xml_structure`. All of it is made here, from what the content is. */
export function xmlMessage(content: Uint8Array, profile: Profile): Uint8Array {
  return signedInfo(requireCanonical(content), sm3(content), profile);
}

/** What is signed of a document of these options; null for formats other than `xml`. */
export function signedXmlOf(of: {
  readonly message: Uint8Array;
  readonly options: Pick<Options, "xml">;
}): SignedXml | null {
  const { message, options } = of;
  return options.xml && { message, profile: options.xml.profile };
}

/**
 * The document of canonical content, of which this is M; XmlError. Whatever is shown of it is drawn from this reading: so
 * nothing is shown but what was checked.
 */
export function readToSign(content: Uint8Array, { message, profile }: SignedXml): XmlDocument {
  const document = requireCanonical(content);
  if (!same(message, signedInfo(document, sm3(content), profile))) {
    throw new XmlError("xml_digest", "the SignedInfo is another document's");
  }
  return document;
}

/** M of a canonical document, of whose octets this is SM3. */
export function signedInfo(
  { items, root }: XmlDocument,
  digest: Uint8Array,
  profile: Profile = "eport-2022",
): Uint8Array {
  const scope = new Map([...(items[root] as Start).declared, ["ds", DSIG] as const]);
  const namespaces = declarations([...scope].filter(([, uri]) => uri !== ""));
  return utf8(signedInfoText(namespaces, digest, profile));
}

/** The finished file: the content with its Signature as the last child, after an XML declaration. */
export function signedFile({ content, profile, signature, keyName, certificate }: MadeXml): Uint8Array {
  const end = content.lastIndexOf(LESS);
  const { r, s } = signature;
  const text =
    `<ds:Signature xmlns:ds="${DSIG}">${signedInfoText("", sm3(content), profile)}` +
    `<ds:SignatureValue>${toBase64(concat(bytes32(r), bytes32(s)))}</ds:SignatureValue>` +
    `<ds:KeyInfo><ds:KeyName>${keyName}</ds:KeyName><ds:X509Data>` +
    `<ds:X509Certificate>${toBase64(certificate)}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>`;
  return concat(DECLARATION, content.subarray(0, end), utf8(text), content.subarray(end));
}

/** A certificate's serial number as KeyName has it: 16 hex digits or more. */
export function serialName(serial: bigint): string {
  return serial.toString(16).padStart(SERIAL_DIGITS, "0");
}

function signedInfoText(namespaces: string, digest: Uint8Array, profile: Profile): string {
  return (
    `<ds:SignedInfo${namespaces}><ds:CanonicalizationMethod Algorithm="${INCLUSIVE}">` +
    `</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="${METHODS[profile]}"></ds:SignatureMethod>` +
    `<ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="${DSIG}enveloped-signature">` +
    `</ds:Transform></ds:Transforms><ds:DigestMethod Algorithm="${EPORT}sm3"></ds:DigestMethod>` +
    `<ds:DigestValue>${toBase64(digest)}</ds:DigestValue></ds:Reference></ds:SignedInfo>`
  );
}

const LESS = 0x3c;
