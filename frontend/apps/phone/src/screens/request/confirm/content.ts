/** The kind of a document's content, and how it is shown. */

import { readToSign, type SignedXml, signedXmlOf, XmlError } from "@mshield/forms/xml.ts";
import type { Task } from "@mshield/shield";

import { documentLines } from "./document_lines.ts";
import { jsonLines } from "./json_lines.ts";
import { type Lines, textLines } from "./lines.ts";
import { xmlLines } from "./xml_lines.ts";

export type Content =
  | { readonly kind: TextKind; readonly lines: Lines }
  /** Shown as pages, by `screens/request/pages`. */
  | { readonly kind: PagesKind }
  /** Not readable on a screen: type, size and digest are shown instead. */
  | { readonly kind: "other" }
  /** The content stays with the business system. */
  | { readonly kind: "absent" };

export type TextKind = "text" | "xml" | "json";
export type PagesKind = "pdf" | "image";
export type DocumentContent = Pick<Task, "content" | "mediaType" | "format" | "message" | "options">;

const CHARSETS: Readonly<Record<string, Charset>> = {
  "utf-8": "utf-8",
  utf8: "utf-8",
  gb18030: "gb18030",
  gbk: "gb18030",
  gb2312: "gb18030",
  "us-ascii": "ascii",
  ascii: "ascii",
};
type Charset = "utf-8" | "gb18030" | "ascii";

export function contentOf(source: DocumentContent): Content {
  const { content, mediaType, format } = source;
  if (content === null) {
    return { kind: "absent" };
  }
  const signed = signedXmlOf(source);
  if (signed !== null) {
    return signedContent(content, signed);
  }
  const pages = pagesKindOf(mediaType);
  if (pages !== null) {
    return { kind: pages };
  }
  const [type = "", parameters = ""] = mediaType.toLowerCase().split(";", 2);
  const kind = kindOf(type.trim());
  const charset = kind && charsetOf(content, kind, parameters, format !== "raw");
  const text = charset && textOf(content, charset);
  if (kind === null || typeof text !== "string") {
    return { kind: "other" };
  }
  const read = { text: textLines, xml: xmlLines, json: jsonLines }[kind];
  return { kind, lines: read(text) ?? textLines(text) };
}

/**
 * Returns the content of XML signed in canonical form: drawn from the same parse that the signature check
 * uses, otherwise not drawn.
 */
function signedContent(content: Uint8Array, signed: SignedXml): Content {
  try {
    return { kind: "xml", lines: documentLines(readToSign(content, signed)) };
  } catch (error) {
    if (error instanceof XmlError) {
      return { kind: "other" };
    }
    throw error;
  }
}

/** Returns whether it is a document with pages, for which the phone records the pages shown. */
export const hasPages = ({ content, mediaType }: Pick<Task, "content" | "mediaType">): boolean =>
  content !== null && pagesKindOf(mediaType) !== null;

export const isPicture = ({ mediaType }: Pick<Task, "mediaType">): boolean =>
  pagesKindOf(mediaType) === "image";

function pagesKindOf(mediaType: string): PagesKind | null {
  const type = mediaType.toLowerCase().split(";", 1)[0]!.trim();
  if (type === "application/pdf") {
    return "pdf";
  }
  return type === "image/png" || type === "image/jpeg" ? "image" : null;
}

function kindOf(type: string): TextKind | null {
  if (/^(?:text|application)\/xml$|\+xml$/.test(type)) {
    return "xml";
  }
  if (type === "application/json" || type.endsWith("+json")) {
    return "json";
  }
  return type.startsWith("text/") ? "text" : null;
}

/**
 * Returns the charset of the signed bytes: UTF-8, or the one named by the XML declaration or the media type.
 * The media type is signed only with attributes. Null if the names are unknown or contradict each other; the
 * service refuses the same cases.
 */
function charsetOf(
  content: Uint8Array,
  kind: TextKind,
  parameters: string,
  isTypeSigned: boolean,
): Charset | null {
  const typeCharset = /charset=([a-z0-9-]+)/.exec(parameters)?.[1];
  const declared = kind === "xml" ? declaredEncoding(content) : undefined;
  const charsets = [typeCharset, declared]
    .filter((name) => name !== undefined)
    .map((name) => CHARSETS[name.toLowerCase()]);
  const [charset = "utf-8", other = charset] =
    charsets.length > 0 && charsets[0] === undefined ? [null] : charsets;
  if (charset === null || other !== charset || (kind === "json" && charset === "gb18030")) {
    return null;
  }
  return charset === "gb18030" && declared === undefined && !isTypeSigned ? null : charset;
}

/** Returns the decoded text; null if the bytes are invalid in the charset. */
function textOf(content: Uint8Array, charset: Charset): string | null {
  if (charset === "ascii" && content.some((octet) => octet > 0x7f)) {
    return null;
  }
  try {
    // Keep a byte order mark as an ordinary character: it is signed, so it is shown.
    return new TextDecoder(charset === "ascii" ? "utf-8" : charset, { fatal: true, ignoreBOM: true }).decode(
      content,
    );
  } catch {
    return null;
  }
}

function declaredEncoding(content: Uint8Array): string | undefined {
  const start = String.fromCharCode(...content.subarray(0, 100)).replace(/^\u00EF\u00BB\u00BF/, "");
  return /^<\?xml[^>]*\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(start)?.[1];
}
