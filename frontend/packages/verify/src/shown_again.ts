/**
 * What a bundle's document was shown as: drawn again by the view in the bundle, never otherwise. That the view and the
 * drawn lines are the ones that were shown, signature and log prove before this is asked.
 */

import {
  type Confirmed,
  type Drawing,
  FormError,
  type Pages,
  type Shown,
  shownDigest,
  displayDigest,
} from "@mshield/forms";
import { signedXmlOf } from "@mshield/forms/xml.ts";
import { hex, sm3, unhex } from "@mshield/gm";
import { type Compared, type DrawnLines, readDocument, ViewError } from "@mshield/views";
import { contentKindOf } from "@mshield/views/media_type.ts";

import type { Content } from "./content.ts";
import type { Evidence } from "./evidence.ts";

type Document = Evidence["document"];

/** As far as it can be shown again. */
export interface ShownAgain {
  /** Null where no view drew it. */
  readonly drawn: DrawnLines | null;
  /** How the asker's words stand to the content; null where they could be compared with nothing. */
  readonly compared: Compared | null;
  /** What the person confirmed besides; null where nothing tells. */
  readonly confirmed: Confirmed | null;
  /** Which pages were on the screen, of what was signed unread; null where nobody told. */
  readonly pages: Pages | null;
  /** What was shown can't be worked out again: the content isn't here, or gives something else. */
  readonly isLost: boolean;
}

/** The display that the document says it had. */
export function displayOf(document: Document): Shown {
  const { title, mediaType, size, display } = document;
  const drawing = drawingOf(document);
  return { title, mediaType, size, lines: display, ...(drawing && { drawing }) };
}

/** SM3 of what was shown and confirmed, by what the document says; null where it doesn't tell. */
export function shownOf(document: Document): Uint8Array | null {
  const { shown, digest } = document;
  const drawing = drawingOf(document);
  if (shown === null || drawing === null) {
    return null;
  }
  const display = displayDigest(displayOf(document));
  return shownDigest({ ...drawing, ...shown, content: unhex(digest), display });
}

/** Of the document that this message signs: draws it and compares the asker's words anew; what gives something else than was shown is lost. */
export function showAgain(document: Document, beside: Content | null, message: Uint8Array): ShownAgain {
  const { shown, title, display, mediaType, view, drawn, options } = document;
  const nothing = {
    drawn: null,
    compared: null,
    confirmed: shown?.confirmed ?? null,
    pages: shown?.pages ?? null,
  };
  if (shown === null) {
    return { ...nothing, isLost: false };
  }
  const content = beside !== null && beside.head.length === beside.size ? beside.head : null;
  const lines = display.map(({ label, value }) => [label, value] as const);
  const order = {
    kind: contentKindOf(mediaType),
    content,
    view: content && view,
    said: { title, lines },
    signedXml: signedXmlOf({ message, options }),
  };
  try {
    const again = readDocument(order);
    if ((again.drawn?.digest ?? null) !== drawn || again.comparedDigest !== shown.compared) {
      return { ...nothing, isLost: true };
    }
    return { ...nothing, drawn: again.drawn?.lines ?? null, compared: again.compared, isLost: false };
  } catch (error) {
    if (error instanceof ViewError || error instanceof FormError || error instanceof RangeError) {
      return { ...nothing, isLost: true };
    }
    throw error;
  }
}

function drawingOf({ shown, view, drawn }: Document): Drawing | null {
  return shown === null ? null : { view: view === null ? null : hex(sm3(view)), drawn };
}
