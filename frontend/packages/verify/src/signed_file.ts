/** XML and PDF with an embedded signature, as other signers make them, and what a valid one contains. */

import { FormError, XmlError } from "@mshield/forms";
import { GmError } from "@mshield/gm";

import { P7Error, SignedPdfError, type Step, VerificationError } from "./errors.ts";
import type { ForeignCertificate } from "./foreign/certificate.ts";
import { signedRevision, verifyPdfRevisions } from "./foreign/pdf.ts";
import { part } from "./foreign/signer.ts";
import { P7_STEPS } from "./foreign/steps.ts";
import { OIDS } from "./oids.ts";
import { ascii } from "./text.ts";
import { verifyXml } from "./foreign/xml.ts";

export interface SignedFile {
  readonly form: "xml" | "pdf";
  readonly bytes: Uint8Array;
}

/** `content` is the signed part: for XML its canonical form, for PDF all except the signature. */
export interface SignedPart {
  readonly certificate: ForeignCertificate;
  readonly others: readonly Uint8Array[];
  readonly content: Uint8Array;
  readonly facts: Readonly<Record<string, string | number>>;
}

const HEAD = 1024;
const XML_STEPS: Readonly<Record<string, readonly [step: Step, code: string]>> = {
  xml_digest: ["content", "message_mismatch"],
  xml_signature: ["signature", "bad_signature"],
  xml_certificate: ["chain", "wrong_usage"],
};

/** Recognises such a file; null for one without a signature of these kinds. */
export function signedFile(bytes: Uint8Array): SignedFile | null {
  const head = ascii(bytes.subarray(0, HEAD));
  if (head.startsWith("%PDF-")) {
    return ascii(bytes).includes("/ByteRange") ? { form: "pdf", bytes } : null;
  }
  const isXml = /^(?:\u00ef\u00bb\u00bf)?[ \t\r\n]*</.test(head);
  return isXml && /[<:]SignatureValue[ \t\r\n>]/.test(ascii(bytes)) ? { form: "xml", bytes } : null;
}

/**
 * Returns the content to look at: for valid XML the canonical form, for a PDF with additions the signed part;
 * null if it is the file itself.
 */
export function contentOfFile(file: SignedFile): Uint8Array | null {
  try {
    return file.form === "xml" ? readSigned(file).content : signedRevision(file.bytes);
  } catch (error) {
    if (error instanceof VerificationError) {
      return null;
    }
    throw error;
  }
}

/** Verifies the signature. Throws: VerificationError. */
export function readSigned({ form, bytes }: SignedFile): SignedPart {
  try {
    return form === "xml" ? readXml(bytes) : readPdf(bytes);
  } catch (error) {
    const [step, code] = placeOf(error);
    throw new VerificationError(code, step, (error as Error).message);
  }
}

/** Returns step and code of a refusal; rethrows anything else. */
function placeOf(error: unknown): readonly [step: Step, code: string] {
  if (error instanceof SignedPdfError) {
    return error.reason === "changed" ? ["content", "changed_after"] : ["input", "unreadable"];
  }
  if (error instanceof XmlError) {
    return XML_STEPS[error.code] ?? ["input", "unreadable"];
  }
  if (error instanceof P7Error) {
    return P7_STEPS[error.reason] ?? ["input", "unreadable"];
  }
  if (error instanceof FormError || error instanceof GmError) {
    return ["input", "unreadable"];
  }
  throw error;
}

function readXml(bytes: Uint8Array): SignedPart {
  const { certificate, content, method, hasComments } = verifyXml(bytes);
  const by = hasComments ? "xml_comments" : "xml";
  return { certificate, others: [], content, facts: { by, algorithm: method } };
}

function readPdf(bytes: Uint8Array): SignedPart {
  const all = verifyPdfRevisions(bytes);
  const { subfilter, p7 } = all.at(-1)!;
  const earlier = all.slice(0, -1).map((one) => part(one.p7.certificate.subject, OIDS.commonName));
  const facts = {
    by: earlier.length === 0 ? "pdf" : "pdf_last",
    subfilter,
    algorithm: p7.p7.algorithm,
    ...(earlier.length > 0 && { count: all.length, earlier: earlier.join("、") }),
  };
  return { certificate: p7.certificate, others: p7.p7.certificates, content: p7.content, facts };
}
