/** Checks that a PDF's signature covers all of it except the gap, and what a phone displays of it. */

import { coveredDigest, FormError, gapIn, pdfMessage, preparedFile } from "@mshield/forms";
import { equalBytes } from "@mshield/gm";

import { ProtocolError } from "./errors.ts";
import type { Task } from "./messages.ts";

/**
 * Checks that M is made of content, update, display and this phone's certificate. Throws: ProtocolError
 * `bad_task`.
 */
export function checkPdf(
  { content, update, gap, options, message, mediaType }: Task,
  display: Uint8Array,
  certificate: Uint8Array | null,
): void {
  if (
    content === null ||
    update === undefined ||
    options.pdf === undefined ||
    mediaType !== "application/pdf"
  ) {
    throw new ProtocolError("bad_task", "a PDF without its content or what is to be added to it");
  }
  try {
    const own = gapIn(content, update);
    const covered = coveredDigest(content, update);
    const whole = pdfMessage(options.pdf, { covered, certificate, display, displayOid: options.displayOid });
    if (equalBytes(message, whole) && gap?.length === own.length && own.every((at, i) => at === gap[i])) {
      return;
    }
  } catch (error) {
    throw error instanceof FormError ? new ProtocolError("bad_task", error.message) : error;
  }
  throw new ProtocolError("bad_task", "the signed attributes are those of another file or display");
}

/**
 * Returns what a phone displays of a document: its content, or for a PDF with an embedded signature the
 * prepared file.
 */
export function shownContent({ content, update }: Pick<Task, "content" | "update">): Uint8Array | null {
  return content === null || update === undefined ? content : preparedFile(content, update);
}
