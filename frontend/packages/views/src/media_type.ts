/** Parsing of content by its media type. */

import type { ContentKind } from "./compare/compare.ts";

/** Returns the kind of content; null if it isn't text. */
export function contentKindOf(mediaType: string): ContentKind | null {
  const type = mediaType.toLowerCase().split(";", 1)[0]!.trim();
  if (/^(?:text|application)\/xml$|\+xml$/.test(type)) {
    return "xml";
  }
  if (type === "application/json" || type.endsWith("+json")) {
    return "json";
  }
  return type.startsWith("text/") ? "text" : null;
}
