/**
 * Everything that a phone derives from a document: lines rendered by its view, and the comparison with its
 * description.
 */

import { canonicalText } from "@mshield/forms";
import { readToSign, type SignedXml } from "@mshield/forms/xml.ts";
import { hex, sm3, utf8 } from "@mshield/gm";

import {
  type Comparison,
  compareContent,
  compareDrawn,
  type ContentKind,
  type Description,
} from "./compare/compare.ts";
import { type Drawn, drawTree, readContent, readDocumentTree } from "./drawing/draw.ts";
import type { Cell, DrawnLines } from "./drawing/drawn.ts";
import { ViewError } from "./errors.ts";
import { readView } from "./view/read_view.ts";

export interface DocumentOrder {
  /** Kind of the content; null if it isn't text, or if this device doesn't have it. */
  readonly kind: ContentKind | null;
  readonly content: Uint8Array | null;
  readonly view: Uint8Array | null;
  readonly said: Description;
  /**
   * XML in its canonical form, as signed; the lines are rendered from the same parse that was checked against it.
   */
  readonly signedXml: SignedXml | null;
}

export interface DocumentReading {
  readonly view: { readonly id: string; readonly version: number; readonly digest: string } | null;
  readonly drawn: Drawn | null;
  /** Null if nothing can be compared. */
  readonly compared: Comparison | null;
  /**
   * SM3 of the comparison's answer, in hex; of its error if the text can't be read, null if there is no text.
   */
  readonly comparedDigest: string | null;
}

/**
 * Reads a document. Throws: ViewError if the view can't be read or doesn't render the content, XmlError if
 * the XML isn't what is signed.
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

/** The part of a reading that a check needs; it is small, so it is cheap to pass on. */
export interface CheckedReading {
  readonly view: DocumentReading["view"];
  readonly drawn: {
    readonly digest: string;
    readonly lines: Pick<DrawnLines, "title" | "amount" | "list"> & {
      readonly isAtOdds: boolean;
      readonly isComplete: boolean;
    };
  } | null;
  readonly compared: Pick<Comparison, "mismatch"> | null;
  readonly comparedDigest: string | null;
}

export const checkedReading = (order: DocumentOrder): CheckedReading => checkedOf(order, readDocument(order));

/** Extracts from a reading what a check needs. */
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
    lines: { title, amount, list, isAtOdds: contradictsItself(lines), isComplete: standsInList(lines, kind) },
  };
}

/**
 * Reports whether one line with amount, number and party represents the whole document; comments in XML may
 * be ignored.
 */
function standsInList(lines: DrawnLines, kind: ContentKind | null): boolean {
  const { amount, list, rest, not_shown: notShown, not_shown_more: more } = lines;
  const hasAll = (amount?.values.length ?? 0) > 0 && list.number !== null && list.party !== null;
  // An XML name can't contain `#`; a JSON name can.
  const isComment = (path: string): boolean => kind === "xml" && /(?:^|\/)#comment$/.test(path);
  return hasAll && rest.length === 0 && more === 0 && notShown.every(({ path }) => isComment(path));
}

/**
 * Reports whether the content contradicts itself: a sum differs from the declared one, or a code from its
 * name.
 */
export function contradictsItself({ body, checks }: DrawnLines): boolean {
  return checks.some(({ agrees }) => !agrees) || body.some(hasConflict);
}

function hasConflict(part: DrawnLines["body"][number]): boolean {
  return "rows" in part
    ? part.rows.some(isConflict)
    : part.lines.some((cells) => cells.some((cell) => cell !== null && isConflict(cell)));
}

export const isConflict = (cell: Cell): boolean => "conflict" in cell && cell.conflict === true;

const answered = (compared: Comparison): Pick<DocumentReading, "compared" | "comparedDigest"> => ({
  compared,
  comparedDigest: digestOf(compared),
});

const digestOf = (answer: object): string => hex(sm3(utf8(canonicalText(answer))));
