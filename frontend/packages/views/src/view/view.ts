/** A view as it is read: paths are steps, see `stepOf` in tree.ts. */

export type Steps = readonly string[];

/** From the node that the row's path found: so many parents up, then steps. */
export interface SidePath {
  readonly up: number;
  readonly steps: Steps;
}

/** Content's words to the view's. */
export type List = ReadonlyMap<string, string>;
export type Unit = { readonly fixed: string } | { readonly path: SidePath; readonly list: List | null };
/** The same; what is fixed is a code. */
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
  /** Canonical octets, and SM3 of them in hex. */
  readonly octets: Uint8Array;
  readonly digest: string;
  readonly id: string;
  readonly version: number;
  readonly content: "xml" | "json";
  readonly title: string;
  /** The root's step; null in JSON. */
  readonly root: string | null;
  /** Namespace to the view's prefix; that of unprefixed elements has the empty one. */
  readonly prefixes: ReadonlyMap<string, string>;
  readonly require: readonly Requirement[];
  readonly amount: AmountRule | null;
  readonly body: readonly Part[];
  readonly checks: readonly CheckRule[];
  readonly ignore: readonly Steps[];
  readonly refusesUnlisted: boolean;
}
