/** What a document's content is, and how it is shown. */

import { readToSign, type SignedXml, signedXmlOf, XmlError } from "@mshield/forms/xml.ts";
import type { Task } from "@mshield/shield";

import { documentLines } from "./document_lines.ts";
import { jsonLines } from "./json_lines.ts";
import { type Lines, textLines } from "./lines.ts";
import { xmlLines } from "./xml_lines.ts";

export type Content =
  | { readonly kind: TextKind; readonly lines: Lines }
  /** Shown as it looks, by what `screens/request/pages` has. */
  | { readonly kind: PagesKind }
  /** Not to be read on a screen: type, size and digest stand for it. */
  | { readonly kind: "other" }
  /** The content stays with the business system. */
  | { readonly kind: "absent" };

export type TextKind = "text" | "xml" | "json";
export type PagesKind = "pdf" | "image";
export type Given = Pick<Task, "content" | "mediaType" | "format" | "message" | "options">;

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

export function contentOf(source: Given): Content {
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

/** XML that is signed in its canonical form: drawn from the reading by which that is checked, or not at all. */
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

/** Whether it is a document of pages, of which the phone tells how far they were shown. */
export const isOfPages = ({ content, mediaType }: Pick<Task, "content" | "mediaType">): boolean =>
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
 * What the octets are read by, which is signed: UTF-8, or what the XML itself or the type says; the type is signed with
 * attributes alone. Null where they say something else, or different things; the service refuses the same.
 */
function charsetOf(
  content: Uint8Array,
  kind: TextKind,
  parameters: string,
  isTypeSigned: boolean,
): Charset | null {
  const typed = /charset=([a-z0-9-]+)/.exec(parameters)?.[1];
  const declared = kind === "xml" ? declaredEncoding(content) : undefined;
  const named = [typed, declared]
    .filter((name) => name !== undefined)
    .map((name) => CHARSETS[name.toLowerCase()]);
  const [charset = "utf-8", other = charset] = named.length > 0 && named[0] === undefined ? [null] : named;
  if (charset === null || other !== charset || (kind === "json" && charset === "gb18030")) {
    return null;
  }
  return charset === "gb18030" && declared === undefined && !isTypeSigned ? null : charset;
}

/** Null where the octets aren't of the charset. */
function textOf(content: Uint8Array, charset: Charset): string | null {
  if (charset === "ascii" && content.some((octet) => octet > 0x7f)) {
    return null;
  }
  try {
    // A mark of the order of octets is a character like others: it is signed, and shown.
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
