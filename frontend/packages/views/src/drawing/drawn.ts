/** Rendered lines (views, "Drawing"); members are in the order of their canonical JSON. */

import type { Place, Role } from "../view/view.ts";

export interface Money {
  /** Currency code and name; null in checks without currency. */
  readonly currency: string | null;
  readonly name: string | null;
  readonly number: string;
  readonly text: string;
}

export type Value =
  | { readonly as: "text"; readonly value: string }
  | { readonly as: "decimal"; readonly number: string; readonly text: string; readonly unit: string | null }
  | ({ readonly as: "amount" } & Money)
  | { readonly as: "date"; readonly text: string }
  | {
      readonly as: "code";
      readonly code: string;
      readonly name: string | null;
      readonly says?: string;
      readonly conflict?: boolean;
    };
export interface MissingValue {
  readonly as: Value["as"];
  readonly missing: true;
}
export type Cell = Value | MissingValue;
export type DrawnRow = Cell & { readonly label: string; readonly role?: Role };

export type DrawnPart =
  | { readonly label: string; readonly rows: readonly DrawnRow[] }
  | {
      readonly label: string;
      readonly columns: readonly { readonly label: string; readonly at: Place }[];
      readonly lines: readonly (readonly (Cell | null)[])[];
    };

export interface DrawnCheck {
  readonly label: string;
  readonly agrees: boolean;
  /** Number of nodes that were added. */
  readonly count: number;
  readonly sum: readonly Money[];
  readonly declared: readonly Money[];
}

export interface DrawnLines {
  readonly type: "mshield-drawn/v1";
  /** SM3 of the view. */
  readonly view: string;
  readonly title: string;
  readonly amount: {
    readonly label: string;
    readonly computed: boolean;
    readonly values: readonly Money[];
  } | null;
  readonly body: readonly DrawnPart[];
  readonly list: { readonly number: string | null; readonly party: string | null };
  readonly checks: readonly DrawnCheck[];
  readonly rest: readonly { readonly path: string; readonly value: string }[];
  readonly not_shown: readonly { readonly path: string; readonly count: number }[];
  readonly not_shown_more: number;
}

/**
 * Returns canonical JSON of the lines. `JSON.stringify` writes members in insertion order, so the code that
 * builds these objects must insert them in canonical order; the vectors verify this.
 */
export const canonicalLines = (lines: DrawnLines): string => JSON.stringify(lines);

/** Returns a row: a cell with its label and role. */
export function rowOf(cell: Cell, label: string, role: Role | null): DrawnRow {
  const held = role === null ? null : { role };
  const { as } = cell;
  if ("missing" in cell) {
    return { as, label, missing: true, ...held };
  }
  switch (cell.as) {
    case "text":
      return { as: "text", label, ...held, value: cell.value };
    case "date":
      return { as: "date", label, ...held, text: cell.text };
    case "decimal":
      return { as: "decimal", label, number: cell.number, ...held, text: cell.text, unit: cell.unit };
    case "amount": {
      const { currency, name, number, text } = cell;
      return { as: "amount", currency, label, name, number, ...held, text };
    }
    case "code": {
      const { code, conflict, name, says } = cell;
      return says === undefined || conflict === undefined
        ? { as: "code", code, label, name, ...held }
        : { as: "code", code, conflict, label, name, ...held, says };
    }
  }
}
