/** XML and PDF with a signature inside, as others sign them: what is seen in one that is right. */

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

/** `content` is what counts as signed: of an XML its canonical form, of a PDF all but the signature. */
export interface Seen {
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

/** The file as one of these; null for one without a signature of these kinds. */
export function signedFile(bytes: Uint8Array): SignedFile | null {
  const head = ascii(bytes.subarray(0, HEAD));
  if (head.startsWith("%PDF-")) {
    return ascii(bytes).includes("/ByteRange") ? { form: "pdf", bytes } : null;
  }
  const isXml = /^(?:\u00ef\u00bb\u00bf)?[ \t\r\n]*</.test(head);
  return isXml && /[<:]SignatureValue[ \t\r\n>]/.test(ascii(bytes)) ? { form: "xml", bytes } : null;
}

/**
 * Of an XML that is right the canonical form, which counts; of a PDF to which something was added the part that is signed;
 * null where the file itself is what one looks at.
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

/** The signature is right; VerificationError. */
export function readSigned({ form, bytes }: SignedFile): Seen {
  try {
    return form === "xml" ? readXml(bytes) : readPdf(bytes);
  } catch (error) {
    const [step, code] = placeOf(error);
    throw new VerificationError(code, step, (error as Error).message);
  }
}

/** Where a refusal is told; whatever is none is thrown on. */
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

function readXml(bytes: Uint8Array): Seen {
  const { certificate, content, method } = verifyXml(bytes);
  return { certificate, others: [], content, facts: { by: "xml", algorithm: method } };
}

function readPdf(bytes: Uint8Array): Seen {
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
