/**
 * Formats of signatures and their options, and what they sign (M), by `docs/formats.md`. Options are always
 * complete here: a request may specify some of them, and the service returns all that are in force.
 */

import { FormError } from "./errors.ts";
import { PDF_SIGNATURES, type PdfSignature } from "./pdf.ts";
import { type BoundData, signedAttributes } from "./signed_attributes.ts";

export const FORMATS = [
  "raw",
  "cms",
  "cms_detached",
  "gb35275",
  "gb35275_detached",
  "gb35275_digest",
  "xml",
  "pdf",
] as const;
export type Format = (typeof FORMATS)[number];

const WRAPPER = {
  signature_algorithm: ["301.1", "501", "301"],
  parameters: ["null", "absent"],
  signature_value: ["der", "raw"],
  certificates: ["chain", "signer", "none"],
} as const;

const XML = {
  profile: ["eport-2022", "eport-2023"],
  key_name: ["shield", "serial"],
} as const;

/**
 * Options of a signature. `wrapper` exists for GB/T 35275 only, `xml` for XML only; `displayOid` where
 * attributes bind a display.
 */
export interface Options {
  readonly wrapper: Wrapper | null;
  readonly xml: XmlOptions | null;
  readonly attributes: boolean;
  readonly signingTime: boolean;
  readonly displayOid: string | null;
  /** Kind of a PDF signature; absent in other formats. */
  readonly pdf?: PdfSignature;
}

export type Wrapper = {
  readonly [Name in keyof typeof WRAPPER]: (typeof WRAPPER)[Name][number];
};

/**
 * Options of XML: the profile, whose identifier the signature method has, and whether KeyName is the shield's
 * number or the certificate's.
 */
export type XmlOptions = {
  readonly [Name in keyof typeof XML]: (typeof XML)[Name][number];
};

/** Inputs from which a document's M is computed. */
export interface SigningInput {
  readonly content: Uint8Array | null;
  readonly digest: Uint8Array;
  readonly display: Uint8Array;
  /** In ms; null if no time is signed. */
  readonly signingTime: number | null;
}

/**
 * Reads options that must be complete for the format; undefined for a format without any. Throws: FormError
 * for anything else.
 */
export function readOptions(format: Format, value: unknown): Options {
  const isGb = format.startsWith("gb");
  const isRfc = format === "cms" || format === "cms_detached";
  if (value === undefined) {
    if (format !== "raw") {
      throw new FormError("this format has options");
    }
    return { wrapper: null, xml: null, attributes: false, signingTime: false, displayOid: null };
  }
  const all = new Map(Object.entries(objectOf(value)));
  const take = <T>(name: string, words: readonly T[]): T => {
    const match = words.find((word) => word === all.get(name));
    if (match === undefined || !all.delete(name)) {
      throw new FormError(`the option ${name} is missing or another`);
    }
    return match;
  };
  if (format === "pdf") {
    return readPdfOptions(all, take);
  }
  if (format === "raw") {
    take("arc", ["gb"]);
  }
  const attributes = isGb ? take("attributes", format === "gb35275_digest" ? [false] : [true, false]) : isRfc;
  const signingTime = isGb ? take("signing_time", attributes ? [true, false] : [false]) : false;
  const xml =
    format === "xml"
      ? { profile: take("profile", XML.profile), key_name: take("key_name", XML.key_name) }
      : null;
  const wrapper =
    isRfc || xml !== null
      ? null
      : {
          signature_algorithm: take("signature_algorithm", WRAPPER.signature_algorithm),
          parameters: take("parameters", WRAPPER.parameters),
          signature_value: take("signature_value", WRAPPER.signature_value),
          certificates: take("certificates", WRAPPER.certificates),
        };
  const displayOid = attributes ? all.get("display_oid") : null;
  if (displayOid !== null && typeof displayOid !== "string") {
    throw new FormError("signed attributes without a display");
  }
  all.delete(attributes ? "display_oid" : "");
  if (all.size > 0) {
    throw new FormError("an option that this format doesn't have");
  }
  return { wrapper, xml, attributes, signingTime, displayOid };
}

const GB_WRAPPER: Wrapper = {
  signature_algorithm: "301.1",
  parameters: "null",
  signature_value: "der",
  certificates: "chain",
};

function readPdfOptions(
  all: Map<string, unknown>,
  take: <T>(name: string, words: readonly T[]) => T,
): Options {
  const pdf = take("pdf_signature", PDF_SIGNATURES);
  const displayOid = take("bind_display", [true, false]) ? all.get("display_oid") : null;
  if (displayOid !== null && typeof displayOid !== "string") {
    throw new FormError("signed attributes without a display");
  }
  all.delete(displayOid === null ? "" : "display_oid");
  if (all.size > 0) {
    throw new FormError("an option that this format doesn't have");
  }
  return {
    wrapper: pdf === "gb35275" ? GB_WRAPPER : null,
    xml: null,
    attributes: true,
    signingTime: false,
    displayOid,
    pdf,
  };
}

/** Reports whether M is the content itself. */
export function isContentSigned(format: Format, { attributes }: Pick<Options, "attributes">): boolean {
  return format !== "gb35275_digest" && format !== "xml" && !attributes;
}

/**
 * Reports whether the content may stay with the requester: attributes bind it, and the file doesn't contain
 * it.
 */
export function allowsDetached(format: Format, { attributes }: Pick<Options, "attributes">): boolean {
  return format.endsWith("_detached") && attributes;
}

/**
 * Returns what the signed attributes contain besides content and display. Throws: FormError without an
 * attribute for the display.
 */
export function boundData(
  format: Format,
  { displayOid, signingTime: isTimed }: Options,
  signingTime: number | null,
): BoundData {
  if (displayOid === null) {
    throw new FormError("no attribute for the display");
  }
  return { isGb: format.startsWith("gb"), displayOid, signingTime: isTimed ? signingTime : null };
}

/**
 * Returns M; null if the content itself is signed and isn't here, and for `xml`, whose M the XML reader
 * computes (`xml/making.ts`).
 */
export function messageOf(
  format: Format,
  options: Options,
  { content, digest, display, signingTime }: SigningInput,
): Uint8Array | null {
  if (options.attributes) {
    return signedAttributes(digest, display, boundData(format, options, signingTime));
  }
  if (format === "xml") {
    return null;
  }
  return format === "gb35275_digest" ? digest : content;
}

/** Returns the content that the file carries. */
export function embeddedContent(
  format: Format,
  content: Uint8Array | null,
  digest: Uint8Array,
): Uint8Array | null {
  if (format.endsWith("_detached") || format === "pdf") {
    return null;
  }
  return format === "gb35275_digest" ? digest : content;
}

function objectOf(value: unknown): object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FormError("options that are no object");
  }
  return value;
}
