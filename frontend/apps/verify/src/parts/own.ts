/** Returns the words of a document of the service's own, safe for display; null for any other. */

import { honestValue } from "@mshield/look/honest_text.ts";
import { ownDocument, type OwnDocument } from "@mshield/views";

export function ownWords(text: string | null): OwnDocument | null {
  const own = text === null ? null : ownDocument(new TextEncoder().encode(text));
  return (
    own && {
      title: honestValue(own.title),
      lines: own.lines.map(({ label, value }) => ({ label: honestValue(label), value: honestValue(value) })),
    }
  );
}
