/** All that a phone works out of a document: what its view draws, and how the asker's words stand to the content. */

import { canonicalText } from "@mshield/forms";
import { readToSign, type SignedXml } from "@mshield/forms/xml.ts";
import { hex, sm3, utf8 } from "@mshield/gm";

import {
  type Compared,
  compareContent,
  compareDrawn,
  type ContentKind,
  type Said,
} from "./compare/compare.ts";
import { type Drawn, drawTree, readContent, readDocumentTree } from "./drawing/draw.ts";
import type { Cell, DrawnLines } from "./drawing/drawn.ts";
import { ViewError } from "./errors.ts";
import { readView } from "./view/read_view.ts";

export interface DocumentOrder {
  /** Null for what is no text, or isn't here. */
  readonly kind: ContentKind | null;
  readonly content: Uint8Array | null;
  readonly view: Uint8Array | null;
  readonly said: Said;
  /** What is signed of XML in its canonical form: what is drawn of it is of the reading by which that was checked. */
  readonly signedXml: SignedXml | null;
}

export interface DocumentReading {
  readonly view: { readonly id: string; readonly version: number; readonly digest: string } | null;
  readonly drawn: Drawn | null;
  /** Null where nothing can be compared. */
  readonly compared: Compared | null;
  /** SM3 of the comparison's answer, in hex; of its error where the text can't be read, null where there is no text. */
  readonly comparedDigest: string | null;
}

/**
 * ViewError where the view can't be read, or doesn't draw the content; XmlError where XML isn't what is signed of it.
 */
export function readDocument({ kind, content, view, said, signedXml }: DocumentOrder): DocumentReading {
  const document = signedXml === null ? null : readToSign(content ?? new Uint8Array(), signedXml);
  const read: typeof readContent = (asked, octets) =>
    document === null || asked !== "xml" ? readContent(asked, octets) : readDocumentTree(document);
  if (view !== null) {
    const { id, version, digest, ...rules } = readView(view);
    const root = read(rules.content, content ?? new Uint8Array());
    const drawn = drawTree({ id, version, digest, ...rules }, root);
    return { view: { id, version, digest }, drawn, ...answered(compareDrawn(said, drawn.lines)) };
  }
  if (kind === null || content === null) {
    return { view: null, drawn: null, compared: null, comparedDigest: null };
  }
  try {
    return { view: null, drawn: null, ...answered(compareContent(said, kind, content, read)) };
  } catch (error) {
    if (!(error instanceof ViewError)) {
      throw error;
    }
    const comparedDigest = digestOf({ at: error.at, error: error.code });
    return { view: null, drawn: null, compared: null, comparedDigest };
  }
}

/** What a check of a reading needs of it, which is little to pass on. */
export interface CheckedReading {
  readonly view: DocumentReading["view"];
  readonly drawn: {
    readonly digest: string;
    readonly lines: Pick<DrawnLines, "title" | "amount" | "list"> & {
      readonly isAtOdds: boolean;
      readonly isComplete: boolean;
    };
  } | null;
  readonly compared: Pick<Compared, "mismatch"> | null;
  readonly comparedDigest: string | null;
}

export const checkedReading = (order: DocumentOrder): CheckedReading => checkedOf(order, readDocument(order));

/** The same of a reading that is there. */
export function checkedOf(
  { kind }: Pick<DocumentOrder, "kind">,
  { view, drawn, compared, comparedDigest }: DocumentReading,
): CheckedReading {
  return {
    view,
    drawn: drawn && keyOf(drawn, kind),
    compared: compared && { mismatch: compared.mismatch },
    comparedDigest,
  };
}

function keyOf({ digest, lines }: Drawn, kind: ContentKind | null): NonNullable<CheckedReading["drawn"]> {
  const { title, amount, list } = lines;
  return {
    digest,
    lines: { title, amount, list, isAtOdds: isAtOdds(lines), isComplete: standsInList(lines, kind) },
  };
}

/** Whether a line with amount, number and party stands for all of it; comments of an XML may be ignored. */
function standsInList(lines: DrawnLines, kind: ContentKind | null): boolean {
  const { amount, list, rest, not_shown: notShown, not_shown_more: more } = lines;
  const hasAll = (amount?.values.length ?? 0) > 0 && list.number !== null && list.party !== null;
  // No name of an XML has such a sign; one of a JSON may.
  const isComment = (path: string): boolean => kind === "xml" && /(?:^|\/)#comment$/.test(path);
  return hasAll && rest.length === 0 && more === 0 && notShown.every(({ path }) => isComment(path));
}

/** Whether the content contradicts itself: a sum that isn't the declared one, or a code beside another name. */
export function isAtOdds({ body, checks }: DrawnLines): boolean {
  return checks.some(({ agrees }) => !agrees) || body.some(hasConflict);
}

function hasConflict(part: DrawnLines["body"][number]): boolean {
  return "rows" in part
    ? part.rows.some(isConflict)
    : part.lines.some((cells) => cells.some((cell) => cell !== null && isConflict(cell)));
}

export const isConflict = (cell: Cell): boolean => "conflict" in cell && cell.conflict === true;

const answered = (compared: Compared): Pick<DocumentReading, "compared" | "comparedDigest"> => ({
  compared,
  comparedDigest: digestOf(compared),
});

const digestOf = (answer: object): string => hex(sm3(utf8(canonicalText(answer))));
