/**
 * A drawn document, of which a screen gets the start of each table and more as the user scrolls: a content
 * may have a hundred thousand lines.
 */

import {
  type Cell,
  checkedOf,
  type CheckedReading,
  type Comparison,
  type DocumentOrder,
  type DrawnLines,
  readDocument,
} from "@mshield/views";

/** Number of lines of a table, or of the unlisted content, returned at a time. */
export const STEP = 50;

export type Line = readonly (Cell | null)[];
export type RestLine = DrawnLines["rest"][number];
export type TableHead = Extract<DrawnLines["body"][number], { lines: unknown }> & { readonly count: number };
export type Part = Exclude<DrawnLines["body"][number], { lines: unknown }> | TableHead;

/** The drawn lines with only the start of each table. */
export type DrawnHead = Omit<DrawnLines, "body" | "rest"> & {
  readonly body: readonly Part[];
  readonly rest: readonly RestLine[];
  readonly restCount: number;
};

export interface DrawingHead {
  readonly drawn: DrawnHead | null;
  /** The comparison with the requester's description; null if nothing can be compared. */
  readonly compared: Comparison | null;
}

/**
 * Range of lines to return: of a table, by its index in the body, or of the content that the view doesn't
 * list.
 */
export interface LineRange {
  readonly table: number | "rest";
  readonly from: number;
  readonly to: number;
}

/** One document that was read. */
export class Drawing {
  readonly head: DrawingHead;
  /** The part of the reading that the check of its task needs. */
  readonly checked: CheckedReading;
  readonly #lines: DrawnLines | null;

  constructor(order: DocumentOrder) {
    const reading = readDocument(order);
    const { drawn, compared } = reading;
    this.checked = checkedOf(order, reading);
    this.#lines = drawn?.lines ?? null;
    this.head = { drawn: this.#lines && headOf(this.#lines), compared };
  }

  more(wanted: LineRange): readonly Line[] | readonly RestLine[] {
    return this.#lines === null ? [] : linesOf(this.#lines, wanted);
  }
}

/** Returns a range of the drawn lines. */
export function linesOf(
  lines: DrawnLines,
  { table, from, to }: LineRange,
): readonly Line[] | readonly RestLine[] {
  if (table === "rest") {
    return lines.rest.slice(from, to);
  }
  const part = lines.body[table];
  return part !== undefined && "lines" in part ? part.lines.slice(from, to) : [];
}

/** Returns the lines with only the start of each table. */
export function headOf(lines: DrawnLines): DrawnHead {
  const body = lines.body.map((part): Part => {
    if (!("lines" in part)) {
      return part;
    }
    const { label, columns } = part;
    return { label, columns, count: part.lines.length, lines: part.lines.slice(0, STEP) };
  });
  return { ...lines, body, rest: lines.rest.slice(0, STEP), restCount: lines.rest.length };
}
