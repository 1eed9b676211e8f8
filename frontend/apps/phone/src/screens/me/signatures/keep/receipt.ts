/**
 * Content of a receipt for a signature: as the page shows it, with the evidence bundle, which is the proof,
 * attached. The business system's words are apart from what was read from the document.
 */

import { honestValue } from "@mshield/look/honest_text.ts";
import type { SignatureDetail } from "@mshield/shield";
import { compareDrawn, type ComparedLine } from "@mshield/views";

import { signedTitle } from "../../../../parts/names.ts";
import { drawnLines } from "./drawn_lines.ts";
import { pdfOf } from "./pdf_file.ts";
import type { ReceiptLine } from "./receipt_layout.ts";
import { drawReceipt } from "./receipt_page.ts";

/** Texts by key: of the list (`of`) and of this screen (`own`). */
export interface ReceiptWords {
  readonly of: (name: string, values?: Record<string, unknown>) => string;
  readonly own: (name: string, values?: Record<string, unknown>) => string;
  readonly language: string;
}

/**
 * Returns the receipt's lines. `when` is the signature's time as text, `name` the attached bundle's name, and
 * `stamps` the number of time stamps in it.
 */
export function receiptLines(
  detail: SignatureDetail,
  words: ReceiptWords,
  { when, name, stamps }: { when: string; name: string; stamps: number },
): ReceiptLine[] {
  const { of, own } = words;
  const isSignature = detail.kind === "signature";
  const lineOf = (label: string, value: string | null, isCode = false): ReceiptLine[] =>
    value === null
      ? []
      : [{ name: of(`detail.${label}`), value: isCode ? value : honestValue(value), isCode }];
  return [
    { name: own("head.what"), value: honestValue(signedTitle(detail, detail.drawing?.title ?? null, of)) },
    { name: own("head.state"), value: of(isSignature ? "signed" : "loggedIn") },
    { name: own("head.when"), value: when },
    { name: own("head.source"), value: own(stamps > 0 ? "stamped" : "clock", { count: stamps }) },
    ...signerLines(detail, words),
    ...(detail.drawing
      ? [
          { heading: `${of("detail.what")} (${of("detail.drawn")})` },
          ...drawnLines(detail.drawing, own),
          ...(detail.isDisplayBound ? [{ remark: of("detail.bound") }] : []),
        ]
      : []),
    ...(isSignature ? theirLines(detail, words) : []),
    { heading: of("detail.who") },
    ...lineOf("system", detail.businessName),
    ...lineOf("domain", detail.domain),
    { heading: of("detail.proof") },
    ...lineOf("receipt", detail.sid, true),
    ...lineOf("request", detail.requestId, true),
    ...lineOf("certificate", detail.serial, true),
    ...lineOf("fingerprint", detail.contentDigest, true),
    ...lineOf("digest", detail.digest, true),
    ...lineOf("value", detail.signature, true),
    {
      name: of("detail.log"),
      value: detail.logIndex === null ? of("detail.logSoon") : of("detail.logIndex", { n: detail.logIndex }),
    },
    { remark: own("noProof", { name }) },
  ];
}

function signerLines({ signer }: SignatureDetail, { of, own }: ReceiptWords): ReceiptLine[] {
  if (signer === null) {
    return [];
  }
  const { name, role, organisation, creditCode, shieldNumber } = signer;
  return [
    { heading: of("detail.signer") },
    { name: of("detail.name"), value: `${honestValue(name)}, ${of(`detail.roles.${role}`)}` },
    { name: of("detail.shield"), value: shieldNumber, isCode: true },
    { name: of("detail.organisation"), value: honestValue(organisation) },
    { name: of("detail.creditCode"), value: creditCode, isCode: true },
    { name: own("inNameOf"), value: own("ownEnterprise", { organisation: honestValue(organisation) }) },
  ];
}

/** Returns what the business system said, each contradiction beside what the document says. */
function theirLines(detail: SignatureDetail, { of, own }: ReceiptWords): ReceiptLine[] {
  const { drawing, title, lines, confirmed } = detail;
  const said = { title, lines: lines.map(({ label, value }) => [label, value] as const) };
  const compared = drawing && compareDrawn(said, drawing);
  const [first, ...rest] = compared?.lines ?? [];
  const shown: readonly (ComparedLine | SignatureDetail["lines"][number])[] = compared ? rest : lines;
  const isTheirs = true;
  const named = compared === null ? { value: title } : first && isContrary(first) ? first : null;
  const rows = [...(named ? [{ ...named, label: own("theirTitle") }] : []), ...shown].map((line) => ({
    name: honestValue(line.label),
    value: valueOf(line, own),
    isTheirs,
  }));
  const remark =
    confirmed === "mismatch" || confirmed === "unread" ? of(`detail.confirmed.${confirmed}`) : null;
  return [
    ...(rows.length > 0
      ? [
          { heading: of("detail.theirs"), isTheirs },
          ...(compared?.mismatch ? [{ remark: of("detail.differs"), isTheirs }] : []),
          ...rows,
        ]
      : []),
    ...(remark === null ? [] : [{ remark, isTheirs: rows.length > 0 }]),
  ];
}

const isContrary = ({ status }: ComparedLine): boolean => status === "absent" || status === "differs";

function valueOf(line: ComparedLine | { readonly value: string }, own: ReceiptWords["own"]): string {
  const said = honestValue(line.value);
  if (!("status" in line) || !isContrary(line)) {
    return said;
  }
  return line.content === null
    ? own("notInDocument", { said })
    : own("documentSays", { said, content: honestValue(line.content) });
}

/** Returns the PDF, with the bundle attached under `name`. */
export async function receiptPdf(
  detail: SignatureDetail,
  bundle: Uint8Array,
  words: ReceiptWords,
  { when, name, createdAt }: { when: string; name: string; createdAt: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const title = words.own("printed");
  const lines = receiptLines(detail, words, { when, name, stamps: stampsIn(bundle) });
  const pages = await drawReceipt(title, lines, `${title}  ${detail.sid}`);
  const description = words.own("bundleText");
  const attached = { name, subtype: "application#2Fjson", description, content: bundle };
  return pdfOf(pages, attached, {
    title: `${title} ${detail.sid.slice(0, 8)}`,
    language: words.language,
    createdAt,
    id: detail.sid,
  });
}

/** Returns how many time stamps of the signature a bundle has. */
function stampsIn(bundle: Uint8Array): number {
  const { time_stamps: stamps } = JSON.parse(new TextDecoder().decode(bundle)) as { time_stamps?: unknown };
  return Array.isArray(stamps) ? stamps.length : 0;
}
