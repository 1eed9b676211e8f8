/** The drawn lines (views, "Drawing"), as their canonical JSON has them. */

import type { Place, Role } from "../view/view.ts";

export interface Money {
  /** Code and name; null in checks without currency. */
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
  /** Nodes that were added. */
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

/** Every name that drawn lines have, sorted as canonical JSON sorts them. */
const NAMES =
  `agrees amount as at body checks code columns computed conflict count currency declared label lines list
missing name not_shown not_shown_more number party path rest role rows says sum text title type unit value values
view`.split(/\s/);

/**
 * Their canonical JSON. The browser writes members in the order of such a list, and does it a hundred times as fast as
 * our own writer the first time that it runs.
 */
export const canonicalLines = (lines: DrawnLines): string => JSON.stringify(lines, NAMES);
