/** The part of an evidence bundle that only a PDF has: the update with its signature. */

import {
  coveredDigest,
  displayDigest,
  finishedFile,
  FormError,
  pdfMessage,
  type PdfSignature,
} from "@mshield/forms";
import { equalBytes, sm3 } from "@mshield/gm";

import { digestIn, readAttribute } from "./attributes.ts";
import { parsePem } from "./certificate.ts";
import type { Tally } from "./checks.ts";
import { inStep, VerificationError } from "./errors.ts";
import type { Evidence } from "./evidence.ts";
import { OIDS } from "./oids.ts";
import { whole } from "./reader.ts";
import { declaredDisplay } from "./redrawn_display.ts";

const DIGEST_BYTES = 32;

interface PdfAttributes {
  readonly covered: Uint8Array;
  /** Null if none is bound. */
  readonly display: Uint8Array | null;
}

/** Parses M of this kind; the display is under one of these identifiers. Throws: FormError. */
function parsePdf(message: Uint8Array, kind: PdfSignature, displayOids: readonly string[]): PdfAttributes {
  const values = new Map(whole(message, (reader) => reader.setOf()).map(readAttribute));
  const [displayOid, ...more] = displayOids.filter((candidate) => values.has(candidate));
  const covered = digestIn(values.get(OIDS.messageDigest));
  const display = displayOid === undefined ? null : digestIn(values.get(displayOid));
  const certificate = values.get(OIDS.signingCertificateV2)?.slice(-DIGEST_BYTES) ?? null;
  const again = pdfMessage(kind, {
    covered,
    certificate,
    display: display ?? new Uint8Array(),
    displayOid: displayOid ?? null,
  });
  if (more.length > 0 || !equalBytes(again, message)) {
    throw new FormError("other signed attributes than this kind of signature has");
  }
  return { covered, display };
}

/** Returns M: the attributes for the content with its update except the gap, this display and this signer. */
export async function messageOfPdf(
  { document, signature, certificatePem }: Evidence,
  displayOids: readonly string[],
  tally: Tally,
): Promise<Uint8Array> {
  const { content, update, options } = document;
  const { pdf, displayOid } = options;
  const { attributes } = signature;
  if (content === null || update === null || pdf === undefined || attributes === null) {
    throw new VerificationError("unreadable", "input", "a PDF and its update, or neither");
  }
  const display = displayDigest(declaredDisplay(document));
  const [said, covered, expected] = await inStep("input", () => {
    const [signer] = parsePem(certificatePem);
    const certificate = signer === undefined ? null : sm3(signer.der);
    const digest = coveredDigest(content, update);
    const message = pdfMessage(pdf, { covered: digest, certificate, display, displayOid });
    return [parsePdf(attributes, pdf, displayOids), digest, message] as const;
  });
  if (!equalBytes(said.covered, covered)) {
    throw new VerificationError("message_mismatch", "content", "the signed digest is another content's");
  }
  const isShown =
    displayOid === null ? said.display === null : equalBytes(said.display ?? new Uint8Array(), display);
  if (!isShown) {
    throw new VerificationError("display_mismatch", "display", "the signed display is another one");
  }
  if (!equalBytes(attributes, expected)) {
    throw new VerificationError("unreadable", "input", "other signed attributes than the options say");
  }
  tally.passed("content", { by: "inside", size: document.size });
  if (displayOid === null) {
    tally.aside("display", "not_bound");
  } else {
    tally.passed("display", { lines: document.display.length });
  }
  return attributes;
}

/** Returns the PDF with its signature; null for another format. Throws: FormError if it doesn't fit. */
export function signedFile({ document, signature }: Evidence): Uint8Array | null {
  const { content, update } = document;
  return content === null || update === null ? null : finishedFile(content, update, signature.cms);
}
