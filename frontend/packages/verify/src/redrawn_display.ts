/**
 * Reproduces the display of a bundle's document, only by the view in the bundle. Signature and log have
 * proven before that view and rendered lines are the ones that were displayed.
 */

import {
  type Confirmation,
  type ViewDigests,
  FormError,
  type Pages,
  type Display,
  fullDisplayDigest,
  displayDigest,
} from "@mshield/forms";
import { signedXmlOf } from "@mshield/forms/xml.ts";
import { hex, sm3, unhex } from "@mshield/gm";
import { type Comparison, type DrawnLines, readDocument, ViewError } from "@mshield/views";
import { contentKindOf } from "@mshield/views/media_type.ts";

import type { Content } from "./content.ts";
import type { Evidence } from "./evidence.ts";

type Document = Evidence["document"];

/** The display, as far as it can be reproduced. */
export interface RedrawnDisplay {
  /** Null if no view rendered it. */
  readonly drawn: DrawnLines | null;
  /** Comparison of the requester's description with the content; null if impossible. */
  readonly compared: Comparison | null;
  /** The user's extra confirmation; null if unknown. */
  readonly confirmed: Confirmation | null;
  /** Pages that were on the screen, if signed unread; null if not reported. */
  readonly pages: Pages | null;
  /** True if the display can't be reproduced: the content isn't here, or gives another result. */
  readonly isLost: boolean;
}

/** Returns the display as the document declares it. */
export function declaredDisplay(document: Document): Display {
  const { title, mediaType, size, display } = document;
  const drawing = drawingOf(document);
  return { title, mediaType, size, lines: display, ...(drawing && { drawing }) };
}

/** Returns SM3 of display and confirmation as the document declares them; null if it doesn't. */
export function declaredDigest(document: Document): Uint8Array | null {
  const { shown, digest } = document;
  const drawing = drawingOf(document);
  if (shown === null || drawing === null) {
    return null;
  }
  const display = displayDigest(declaredDisplay(document));
  return fullDisplayDigest({ ...drawing, ...shown, content: unhex(digest), display });
}

/**
 * Renders the document that this message signs, and compares its description again; a different result is
 * reported as lost.
 */
export function redrawDisplay(
  document: Document,
  beside: Content | null,
  message: Uint8Array,
): RedrawnDisplay {
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

function drawingOf({ shown, view, drawn }: Document): ViewDigests | null {
  return shown === null ? null : { view: view === null ? null : hex(sm3(view)), drawn };
}
