/** Whether what is to be signed of a PDF is all of it, but the gap for the signature, and what a phone shows of it. */

import { coveredDigest, FormError, gapIn, pdfMessage, preparedFile } from "@mshield/forms";
import { same } from "@mshield/gm";

import { ProtocolError } from "./errors.ts";
import type { Task } from "./messages.ts";

/** ProtocolError `bad_task` unless M is made of content, update, this display and this phone's certificate. */
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
    if (same(message, whole) && gap?.length === own.length && own.every((at, i) => at === gap[i])) {
      return;
    }
  } catch (error) {
    throw error instanceof FormError ? new ProtocolError("bad_task", error.message) : error;
  }
  throw new ProtocolError("bad_task", "the signed attributes are those of another file or display");
}

/** What a phone shows of a document: its content, and of a PDF that is signed in itself what it will be with it. */
export function shownContent({ content, update }: Pick<Task, "content" | "update">): Uint8Array | null {
  return content === null || update === undefined ? content : preparedFile(content, update);
}
