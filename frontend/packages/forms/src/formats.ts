/**
 * The formats of signatures and their options: what is signed (M), by `docs/formats.md`. Options are always complete here: the
 * service, which was asked for some of them, tells all that are in force.
 */

import { FormError } from "./errors.ts";
import { PDF_SIGNATURES, type PdfSignature } from "./pdf.ts";
import { type Bound, DISPLAY_OIDS, signedAttributes } from "./signed_attributes.ts";

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
 * Those of a wrapper are there for GB/T 35275 alone, those of XML for it; `displayOid` where attributes are signed, but for
 * what is older.
 */
export interface Options {
  readonly wrapper: Wrapper | null;
  readonly xml: XmlOptions | null;
  readonly attributes: boolean;
  readonly signingTime: boolean;
  readonly displayOid: string | null;
  /** Of a PDF that is signed in itself; absent otherwise. */
  readonly pdf?: PdfSignature;
}

export type Wrapper = {
  readonly [Name in keyof typeof WRAPPER]: (typeof WRAPPER)[Name][number];
};

/** Whose identifier the signature method has, and whether the key is named by the shield's number or the certificate's. */
export type XmlOptions = {
  readonly [Name in keyof typeof XML]: (typeof XML)[Name][number];
};

/** What a document's M is made of. */
export interface ToSign {
  readonly content: Uint8Array | null;
  readonly digest: Uint8Array;
  readonly display: Uint8Array;
  /** In ms; null where none is signed. */
  readonly signingTime: number | null;
}

/** All options of a format and no other: FormError for anything else. Undefined where none are told, as by older services. */
export function readOptions(format: Format, value: unknown): Options {
  const isGb = format.startsWith("gb");
  const isRfc = format === "cms" || format === "cms_detached";
  if (value === undefined) {
    if (isGb || format === "xml" || format === "pdf") {
      throw new FormError("this format has options");
    }
    return { wrapper: null, xml: null, attributes: isRfc, signingTime: false, displayOid: null };
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

/** Whether M is the content itself. */
export function signsContent(format: Format, { attributes }: Pick<Options, "attributes">): boolean {
  return format !== "gb35275_digest" && format !== "xml" && !attributes;
}

/** Whether the content may stay with who asks: attributes bind it, and the file hasn't got it. */
export function mayBeElsewhere(format: Format, { attributes }: Pick<Options, "attributes">): boolean {
  return format.endsWith("_detached") && attributes;
}

/** What the signed attributes say besides content and display; `displayOid` stands in where the options tell none. */
export function boundBy(
  format: Format,
  options: Options,
  signingTime: number | null,
  displayOid: string = DISPLAY_OIDS[0],
): Bound {
  const isGb = format.startsWith("gb");
  return {
    isGb,
    displayOid: options.displayOid ?? displayOid,
    signingTime: options.signingTime ? signingTime : null,
  };
}

/**
 * M; null where the content is signed itself and isn't here. That of `xml` the reader of XML makes (`xml/making.ts`):
 * null too. `displayOid` as for `boundBy`.
 */
export function messageOf(
  format: Format,
  options: Options,
  { content, digest, display, signingTime }: ToSign,
  displayOid?: string,
): Uint8Array | null {
  if (options.attributes) {
    return signedAttributes(digest, display, boundBy(format, options, signingTime, displayOid));
  }
  if (format === "xml") {
    return null;
  }
  return format === "gb35275_digest" ? digest : content;
}

/** What the file carries as its content. */
export function insideOf(format: Format, content: Uint8Array | null, digest: Uint8Array): Uint8Array | null {
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
