/** A parsed view: paths are steps, see `stepOf` in tree.ts. */

export type Steps = readonly string[];

/** Path from the row's node: so many parents up, then steps. */
export interface SidePath {
  readonly up: number;
  readonly steps: Steps;
}

/** Maps words of the content to words of the view. */
export type List = ReadonlyMap<string, string>;
export type Unit = { readonly fixed: string } | { readonly path: SidePath; readonly list: List | null };
/** Currency of an amount, in the form of a unit; a fixed one is a currency code. */
export type Currency = Unit;

export interface Requirement {
  readonly path: Steps;
  readonly is: string;
}

export interface AmountRule {
  readonly label: string;
  readonly path: Steps;
  readonly currency: Currency;
  readonly sum: boolean;
  readonly separators: boolean;
}

export type Missing = "refuse" | "skip" | "show";
export type Role = "number" | "party";
export type Place = "name" | "note" | "middle" | "end" | "more";

export type Reading =
  | { readonly as: "text" }
  | { readonly as: "decimal"; readonly unit: Unit | null; readonly separators: boolean }
  | { readonly as: "amount"; readonly currency: Currency; readonly separators: boolean }
  | { readonly as: "date" }
  | { readonly as: "code"; readonly list: List; readonly says: SidePath | null; readonly isKnown: boolean };

export interface RowRule {
  readonly label: string;
  readonly path: Steps;
  readonly missing: Missing;
  readonly reading: Reading;
  readonly many: boolean;
  readonly role: Role | null;
}

export type ColumnRule = Omit<RowRule, "many" | "role"> & { readonly at: Place };

export type Part =
  | { readonly label: string; readonly rows: readonly RowRule[] }
  | {
      readonly label: string;
      readonly table: Steps;
      readonly mayBeEmpty: boolean;
      readonly columns: readonly ColumnRule[];
    };

export interface Term {
  readonly path: Steps;
  readonly currency: Currency | null;
  readonly separators: boolean;
}

export interface CheckRule {
  readonly label: string;
  readonly sum: readonly Term[];
  readonly equals: Term;
}

export interface View {
  /** Canonical octets; `digest` is their SM3 in hex. */
  readonly octets: Uint8Array;
  readonly digest: string;
  readonly id: string;
  readonly version: number;
  readonly content: "xml" | "json";
  readonly title: string;
  /** The root's step; null in JSON. */
  readonly root: string | null;
  /** The view's prefixes by namespace; the prefix for unprefixed elements is empty. */
  readonly prefixes: ReadonlyMap<string, string>;
  readonly require: readonly Requirement[];
  readonly amount: AmountRule | null;
  readonly body: readonly Part[];
  readonly checks: readonly CheckRule[];
  readonly ignore: readonly Steps[];
  readonly refusesUnlisted: boolean;
}
