/** What a document's content is, and how it is shown. */

import type { Task } from "@mshield/shield";

import { jsonLines } from "./json_lines.ts";
import { drawn, type ShownLine, textLines } from "./lines.ts";
import { xmlLines } from "./xml_lines.ts";

export type Content =
  | { readonly kind: "text" | "xml" | "json"; readonly lines: readonly ShownLine[] }
  /** Not to be read on a screen: type, size and digest stand for it. */
  | { readonly kind: "other" }
  /** The content stays with the business system. */
  | { readonly kind: "absent" };

type Given = Pick<Task, "content" | "mediaType">;

export function contentOf({ content, mediaType }: Given): Content {
  if (content === null) {
    return { kind: "absent" };
  }
  const [type = "", parameters = ""] = mediaType.toLowerCase().split(";", 2);
  const kind = kindOf(type.trim());
  const text = kind && textOf(content, kind, parameters);
  if (kind === null || text === null) {
    return { kind: "other" };
  }
  const read = { text: textLines, xml: xmlLines, json: jsonLines }[kind];
  return { kind, lines: drawn(read(text) ?? textLines(text)) };
}

function kindOf(type: string): "text" | "xml" | "json" | null {
  if (/^(?:text|application)\/xml$|\+xml$/.test(type)) {
    return "xml";
  }
  if (type === "application/json" || type.endsWith("+json")) {
    return "json";
  }
  return type.startsWith("text/") ? "text" : null;
}

/** The content as text in the charset that it names; null where it isn't that. */
function textOf(content: Uint8Array, kind: string, parameters: string): string | null {
  const named = /charset=([a-z0-9-]+)/.exec(parameters)?.[1];
  const declared = kind === "xml" ? declaredEncoding(content) : undefined;
  try {
    return new TextDecoder(named ?? declared ?? "utf-8", { fatal: true, ignoreBOM: false }).decode(content);
  } catch {
    return null;
  }
}

function declaredEncoding(content: Uint8Array): string | undefined {
  const start = String.fromCharCode(...content.subarray(0, 100));
  return /^<\?xml[^>]*\sencoding=["']([A-Za-z0-9._-]+)["']/.exec(start)?.[1];
}
