/** What a receipt says of a signature: as the page shows it, with the bundle of evidence attached, which is the proof. */

import { honestValue } from "@mshield/look/honest_text.ts";
import type { SignatureDetail } from "@mshield/shield";

import { pdfOf } from "./pdf_file.ts";
import { drawReceipt, type ReceiptLine } from "./receipt_page.ts";

/** Words by name: of the list's area (`of`) and of this one (`own`). */
export interface ReceiptWords {
  readonly of: (name: string, values?: Record<string, unknown>) => string;
  readonly own: (name: string, values?: Record<string, unknown>) => string;
  readonly language: string;
}

/** `when` is the signature's time in words; `name` that of the attached bundle. */
export function receiptLines(
  detail: SignatureDetail,
  { of, own }: ReceiptWords,
  when: string,
  name: string,
): ReceiptLine[] {
  const isSignature = detail.kind === "signature";
  const known = (label: string, value: string | null, isCode = false): ReceiptLine[] =>
    value === null
      ? []
      : [{ name: of(`detail.${label}`), value: isCode ? value : honestValue(value), isCode }];
  return [
    { name: own("head.what"), value: honestValue(detail.title) },
    { name: own("head.state"), value: of(isSignature ? "signed" : "loggedIn") },
    { name: own("head.when"), value: when },
    ...(isSignature && detail.lines.length > 0
      ? [
          { heading: of("detail.what") },
          ...detail.lines.map(({ label, value }) => ({
            name: honestValue(label),
            value: honestValue(value),
          })),
          { remark: of(detail.isDisplayBound ? "detail.bound" : "detail.notBound") },
        ]
      : []),
    { heading: of("detail.who") },
    ...known("system", detail.businessName),
    ...known("domain", detail.domain),
    { heading: of("detail.proof") },
    ...known("receipt", detail.sid, true),
    ...known("request", detail.requestId, true),
    ...known("certificate", detail.serial, true),
    ...known("fingerprint", detail.contentDigest, true),
    ...known("digest", detail.digest, true),
    ...known("value", detail.signature, true),
    {
      name: of("detail.log"),
      value: detail.logIndex === null ? of("detail.logSoon") : of("detail.logIndex", { n: detail.logIndex }),
    },
    { remark: own("noProof", { name }) },
  ];
}

/** The PDF, with the bundle attached under `name`. */
export async function receiptPdf(
  detail: SignatureDetail,
  bundle: Uint8Array,
  words: ReceiptWords,
  { when, name, createdAt }: { when: string; name: string; createdAt: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const title = words.own("printed");
  const pages = await drawReceipt(title, receiptLines(detail, words, when, name), `${title}  ${detail.sid}`);
  const attached = { name, subtype: "application#2Fjson", content: bundle };
  return pdfOf(pages, attached, {
    title: `${title} ${detail.sid.slice(0, 8)}`,
    language: words.language,
    createdAt,
  });
}
