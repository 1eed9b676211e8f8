/**
 * XML signatures of the E-Port profile (2022/04) and their plain W3C form, as others produce them. Signed is
 * C, the canonical form of the document without its Signature: callers use C, never the file.
 */

import { FormError, fromBase64 } from "@mshield/forms";
import {
  canonicalDocument,
  canonicalElement,
  DSIG,
  EPORT,
  EXCLUSIVE,
  INCLUSIVE,
  readXml,
  type Start,
  type XmlDocument,
  XmlError,
} from "@mshield/forms/xml.ts";
import { digest, fromDer, GmError, number, equalBytes, sm3, toDer, verifyDigest } from "@mshield/gm";
import { SHIELD_NUMBER } from "@mshield/identity/shield_number.ts";
import { sha1 } from "@noble/hashes/legacy.js";

import { type ForeignCertificate, maySign, parseForeignCertificate } from "./certificate.ts";
import { trimmed } from "../text.ts";

const METHODS: ReadonlySet<string> = new Set([`${EPORT}sm2-sm3`, `${DSIG}sm2-sm3`]);
const SERIAL = /^[0-9a-f]{2,40}$/;
const VALUE_OCTETS = 64;

/** A valid signature; whether to trust its signer is a separate question. */
export interface VerifiedXml {
  /** C; `message` is M. */
  readonly content: Uint8Array;
  readonly message: Uint8Array;
  readonly method: string;
  readonly isExclusive: boolean;
  /** Not signed: anybody can change a shield number there. */
  readonly keyName: string;
  /** True if the digest is SHA-1. */
  readonly isWeak: boolean;
  /** True if the file has comments, which the signature doesn't cover. */
  readonly hasComments: boolean;
  readonly certificate: ForeignCertificate;
}

/**
 * With `legacy`, SHA-1 of 2023 is accepted too. Throws: XmlError: structure first, then digest, signature,
 * certificate.
 */
export function verifyXml(file: Uint8Array, { legacy = false } = {}): VerifiedXml {
  const document = readXml(file);
  const place = signatureIn(document);
  const [info, value, keyInfo] = children(document, place, "SignedInfo", "SignatureValue", "KeyInfo");
  const [canon, method, reference] = children(
    document,
    info!,
    "CanonicalizationMethod",
    "SignatureMethod",
    "Reference",
  );
  const form = algorithm(document, canon!);
  const isExclusive = form === EXCLUSIVE;
  const named = algorithm(document, method!);
  if ((form !== INCLUSIVE && !isExclusive) || !METHODS.has(named)) {
    throw new XmlError("xml_algorithm", "canonical form or signature method");
  }
  const { isWeak, wanted } = readReference(document, reference!, form, legacy);
  const [keyName, der] = readKey(document, keyInfo!);
  const octets = base64(textOf(document, value!));
  if (octets.length !== VALUE_OCTETS) {
    throw new XmlError("xml_signature", "the value has not 64 octets");
  }
  const content = canonicalDocument(document, { isExclusive, without: place });
  if (!equalBytes(isWeak ? sha1(content) : sm3(content), wanted)) {
    throw new XmlError("xml_digest", "the content has another digest");
  }
  const certificate = certificateOf(der, keyName);
  const message = canonicalElement(document, info!, isExclusive);
  requireSigned(certificate, message, octets);
  if (!maySign(certificate)) {
    throw new XmlError("xml_certificate", "the certificate is not for signing");
  }
  const { hasComments } = document;
  return { content, message, method: named, isExclusive, keyName, isWeak, hasComments, certificate };
}

function requireSigned({ publicKey }: ForeignCertificate, message: Uint8Array, value: Uint8Array): void {
  const [r, s] = [number(value.subarray(0, 32)), number(value.subarray(32))];
  try {
    verifyDigest(publicKey, digest(publicKey, message), fromDer(toDer({ r, s })));
  } catch (error) {
    throw error instanceof GmError ? new XmlError("xml_signature", "the signature does not verify") : error;
  }
}

/** Returns the only Signature, which must be the last element in the document element. */
function signatureIn({ items, root }: XmlDocument): number {
  const isSignature = (place: number): boolean => {
    const item = items[place]!;
    return item.kind === "start" && item.namespace === DSIG && item.local === "Signature";
  };
  const places = [...items.keys()].filter(isSignature);
  const [place] = places;
  if (place === undefined || places.length > 1) {
    throw new XmlError("xml_structure", "there is not exactly one Signature");
  }
  const { parent, end } = items[place] as Start;
  const later = items.slice(end + 1, (items[root] as Start).end);
  if (parent !== root || later.some(({ kind }) => kind === "start")) {
    throw new XmlError("xml_structure", "the Signature is not the last child of the document element");
  }
  return place;
}

/** Returns the direct child elements, and the text between them. */
function inside({ items }: XmlDocument, start: number): [places: number[], text: string] {
  const places: number[] = [];
  let text = "";
  for (let place = start + 1; place < (items[start] as Start).end; place++) {
    const item = items[place]!;
    if (item.kind === "start") {
      places.push(place);
      place = item.end;
    } else if (item.kind === "text") {
      text += item.text;
    }
  }
  return [places, text];
}

/** Requires exactly these children, with white space between. */
function children(document: XmlDocument, start: number, ...names: readonly string[]): number[] {
  const [places, text] = inside(document, start);
  const isRight = places.every((place, i) => {
    const { namespace, local } = document.items[place] as Start;
    return namespace === DSIG && local === names[i];
  });
  if (places.length !== names.length || !isRight || !isBlank(text)) {
    throw new XmlError("xml_structure", `not just ${names.join(", ")}`);
  }
  return places;
}

function textOf(document: XmlDocument, start: number): string {
  const [places, text] = inside(document, start);
  if (places.length > 0) {
    throw new XmlError("xml_structure", "an element where text belongs");
  }
  return text;
}

function algorithm(document: XmlDocument, start: number): string {
  if (!isBlank(textOf(document, start))) {
    throw new XmlError("xml_structure", "an algorithm with something in it");
  }
  return attributeOf(document, start, "Algorithm") ?? "";
}

function attributeOf({ items }: XmlDocument, start: number, name: string): string | null {
  const { attributes } = items[start] as Start;
  return attributes.find(({ namespace, local }) => namespace === "" && local === name)?.value ?? null;
}

/** Returns how the content is hashed, and the expected digest. */
function readReference(
  document: XmlDocument,
  reference: number,
  form: string,
  legacy: boolean,
): { readonly isWeak: boolean; readonly wanted: Uint8Array } {
  if (attributeOf(document, reference, "URI") !== "") {
    throw new XmlError("xml_structure", "the Reference is not to the whole document");
  }
  const [transforms, method, value] = children(
    document,
    reference,
    "Transforms",
    "DigestMethod",
    "DigestValue",
  );
  const [places] = inside(document, transforms!);
  if (places.length < 1 || places.length > 2) {
    throw new XmlError("xml_algorithm", "transforms");
  }
  children(document, transforms!, ...places.map(() => "Transform"));
  const [first, second] = places.map((place) => algorithm(document, place));
  const isOther = first !== `${DSIG}enveloped-signature` || (second !== undefined && second !== form);
  if (isOther || (form === EXCLUSIVE && second === undefined)) {
    throw new XmlError("xml_algorithm", "transforms");
  }
  const [name, wanted] = [algorithm(document, method!), base64(textOf(document, value!))];
  const isWeak = name === `${DSIG}sha1`;
  if (!isWeak && name !== `${EPORT}sm3`) {
    throw new XmlError("xml_algorithm", "digest method");
  }
  if (isWeak && !legacy) {
    throw new XmlError("xml_weak", "the digest is SHA-1");
  }
  return { isWeak, wanted };
}

function readKey(document: XmlDocument, keyInfo: number): [keyName: string, der: Uint8Array] {
  const [name, data] = children(document, keyInfo, "KeyName", "X509Data");
  const [certificate] = children(document, data!, "X509Certificate");
  const keyName = trimmed(textOf(document, name!));
  return [keyName, base64(textOf(document, certificate!))];
}

/** Returns the certificate, whose serial number must be the name, unless that is a shield's number. */
function certificateOf(der: Uint8Array, keyName: string): ForeignCertificate {
  let certificate: ForeignCertificate;
  try {
    certificate = parseForeignCertificate(der);
  } catch (error) {
    throw error instanceof FormError ? new XmlError("xml_certificate", error.message) : error;
  }
  const isSerial = SERIAL.test(keyName) && BigInt(`0x${keyName}`) === certificate.serial;
  if (!isSerial && !(SHIELD_NUMBER.test(keyName) && keyName.startsWith("MS"))) {
    throw new XmlError("xml_certificate", "the KeyName is neither a shield number nor the serial number");
  }
  return certificate;
}

function isBlank(text: string): boolean {
  return !/[^ \t\r\n]/.test(text);
}

/** Decodes base64; white space is ignored, all else must be in its only spelling. */
function base64(text: string): Uint8Array {
  try {
    return fromBase64(text.replaceAll(/[ \t\r\n]+/g, ""));
  } catch (error) {
    throw error instanceof FormError ? new XmlError("xml_structure", "not base64") : error;
  }
}
