/**
 * Signing of XML by the E-Port profile: SignedInfo, which is signed as M, and the finished file
 * (docs/formats.md). In M, SignedInfo has all namespaces of the document element, as Canonical XML writes it
 * in its place; in the file it has none.
 */

import { bytes32, concat, equalBytes, type Signature, sm3, utf8 } from "@mshield/gm";

import { toBase64 } from "../base64.ts";
import { XmlError } from "../errors.ts";
import type { Options, XmlOptions } from "../formats.ts";
import { declarations, DSIG, EPORT, INCLUSIVE, requireCanonical } from "./canonical.ts";
import type { Start, XmlDocument } from "./reader.ts";

type Profile = XmlOptions["profile"];

/** Expected M of XML that is signed or to be signed, and its profile. */
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
  /** Canonical XML. */
  readonly content: Uint8Array;
  readonly profile: Profile;
  readonly signature: Signature;
  readonly keyName: string;
  /** In DER. */
  readonly certificate: Uint8Array;
}

/** Computes M of canonical content, entirely from that content. Throws: XmlError `xml_structure`. */
export function xmlMessage(content: Uint8Array, profile: Profile): Uint8Array {
  return signedInfo(requireCanonical(content), sm3(content), profile);
}

/** Returns what is signed of a document with these options; null for formats other than `xml`. */
export function signedXmlOf(of: {
  readonly message: Uint8Array;
  readonly options: Pick<Options, "xml">;
}): SignedXml | null {
  const { message, options } = of;
  return options.xml && { message, profile: options.xml.profile };
}

/**
 * Parses canonical content and checks that M is its. Everything displayed is rendered from this parse, so
 * nothing is displayed unchecked. Throws: XmlError.
 */
export function readToSign(content: Uint8Array, { message, profile }: SignedXml): XmlDocument {
  const document = requireCanonical(content);
  if (!equalBytes(message, signedInfo(document, sm3(content), profile))) {
    throw new XmlError("xml_digest", "the SignedInfo is another document's");
  }
  return document;
}

/** Returns M of a canonical document, given SM3 of its octets. */
export function signedInfo(
  { items, root }: XmlDocument,
  digest: Uint8Array,
  profile: Profile = "eport-2022",
): Uint8Array {
  const scope = new Map([...(items[root] as Start).declared, ["ds", DSIG] as const]);
  const namespaces = declarations([...scope].filter(([, uri]) => uri !== ""));
  return utf8(signedInfoText(namespaces, digest, profile));
}

/** Returns the finished file: the content with its Signature as the last child, after an XML declaration. */
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

/** Formats a certificate's serial number as KeyName: 16 hex digits or more. */
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
