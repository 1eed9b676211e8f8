/**
 * A document as it is drawn, of which a screen gets the beginning of each table and the rest as it scrolls: a content may
 * have a hundred thousand lines.
 */

import {
  type Cell,
  checkedOf,
  type CheckedReading,
  type Compared,
  type DocumentOrder,
  type DrawnLines,
  readDocument,
} from "@mshield/views";

/** Lines of a table, or of what the view doesn't list, that are handed out at a time. */
export const STEP = 50;

export type Line = readonly (Cell | null)[];
export type RestLine = DrawnLines["rest"][number];
export type TableHead = Extract<DrawnLines["body"][number], { lines: unknown }> & { readonly count: number };
export type Part = Exclude<DrawnLines["body"][number], { lines: unknown }> | TableHead;

/** The drawn lines with no more than the beginning of each table. */
export type DrawnHead = Omit<DrawnLines, "body" | "rest"> & {
  readonly body: readonly Part[];
  readonly rest: readonly RestLine[];
  readonly restCount: number;
};

export interface Head {
  readonly drawn: DrawnHead | null;
  /** Null where nothing can be compared. */
  readonly compared: Compared | null;
}

/** Which lines are wanted: of a table by its place in the body, or of what the view doesn't list. */
export interface Wanted {
  readonly table: number | "rest";
  readonly from: number;
  readonly to: number;
}

/** One document that was read. */
export class Drawing {
  readonly head: Head;
  /** What the check of its task needs of it. */
  readonly checked: CheckedReading;
  readonly #lines: DrawnLines | null;

  constructor(order: DocumentOrder) {
    const reading = readDocument(order);
    const { drawn, compared } = reading;
    this.checked = checkedOf(order, reading);
    this.#lines = drawn?.lines ?? null;
    this.head = { drawn: this.#lines && headOf(this.#lines), compared };
  }

  more({ table, from, to }: Wanted): readonly Line[] | readonly RestLine[] {
    if (table === "rest") {
      return this.#lines?.rest.slice(from, to) ?? [];
    }
    const part = this.#lines?.body[table];
    return part !== undefined && "lines" in part ? part.lines.slice(from, to) : [];
  }
}

function headOf(lines: DrawnLines): DrawnHead {
  const body = lines.body.map((part): Part => {
    if (!("lines" in part)) {
      return part;
    }
    const { label, columns } = part;
    return { label, columns, count: part.lines.length, lines: part.lines.slice(0, STEP) };
  });
  return { ...lines, body, rest: lines.rest.slice(0, STEP), restCount: lines.rest.length };
}
