/** Comparison of the requester's description with the content (views, section 7). */

import { utf8Text, FormError } from "@mshield/forms";

import type { DrawnLines, DrawnRow, Money, Value } from "../drawing/drawn.ts";
import { readContent } from "../drawing/draw.ts";
import { ViewError } from "../errors.ts";
import { DESCRIPTION_LINES } from "../limits.ts";
import { lengthOf } from "../text.ts";
import type { Node } from "../content/tree.ts";
import { countOf, Facts } from "./facts.ts";
import { fold, foldWithoutSpaces } from "./fold.ts";
import { marksOf, type Mark, type Measure } from "./marks.ts";
import { tokensOf } from "./tokens.ts";

/** The requester's description: title, and lines of label and value. */
export interface Description {
  readonly title: string;
  readonly lines: readonly (readonly [label: string, value: string])[];
}

export interface ComparedLine {
  readonly label: string;
  readonly value: string;
  readonly marks: readonly Mark[];
  readonly status: "agrees" | "unchecked" | "absent" | "differs";
  /** Text of the content that the line contradicts; null if there is none. */
  readonly content: string | null;
}

export interface Comparison {
  readonly lines: readonly ComparedLine[];
  readonly mismatch: boolean;
}

export type ContentKind = "xml" | "json" | "text";

/**
 * Compares with content without a view. `read` returns its tree. Throws: ViewError `content` if it isn't
 * UTF-8.
 */
export function compareContent(
  said: Description,
  kind: ContentKind,
  content: Uint8Array,
  read: (kind: "xml" | "json", content: Uint8Array) => Node = readContent,
): Comparison {
  const measure = { facts: contentFacts(kind, content, read), isStrict: false, hasUnit: false };
  return answer(said, (label, value) => line(label, value, marksOf(label, value, measure), null));
}

/** Compares with the lines that a view renders. */
export function compareDrawn(said: Description, drawn: DrawnLines): Comparison {
  const comparison = new DrawnComparison(drawn);
  return answer(said, (label, value, isTitle) =>
    isTitle ? comparison.title(value) : comparison.line(label, value),
  );
}

function answer(
  { title, lines }: Description,
  compare: (label: string, value: string, isTitle: boolean) => ComparedLine,
): Comparison {
  if (lines.length > DESCRIPTION_LINES) {
    throw new RangeError("too many lines to compare");
  }
  const compared = [compare("", title, true), ...lines.map(([label, value]) => compare(label, value, false))];
  return {
    lines: compared,
    mismatch: compared.some(({ status }) => status === "absent" || status === "differs"),
  };
}

function line(label: string, value: string, marks: readonly Mark[], content: string | null): ComparedLine {
  const isAbsent = marks.some(([, , kind]) => kind === "absent");
  if (marks.length === 0) {
    return { label, value, marks, status: "agrees", content: null };
  }
  if (!isAbsent) {
    return { label, value, marks, status: "unchecked", content };
  }
  return { label, value, marks, status: content === null ? "absent" : "differs", content };
}

/** A rendered row that a value may refer to. */
interface Row {
  readonly label: string;
  readonly value: Value | ({ readonly as: "amount" } & Money);
}

const TOTAL = /总价|总额|总值|总金额|合计|总计|价税|应付|total/;

class DrawnComparison {
  readonly #drawn: DrawnLines;
  readonly #rows: readonly Row[];
  readonly #amountRows: readonly Row[];
  readonly #counts: ReadonlySet<string>;
  #measure: Measure | null = null;

  constructor(drawn: DrawnLines) {
    this.#drawn = drawn;
    this.#amountRows = (drawn.amount?.values ?? []).map((value) => amountRow(drawn.amount!.label, value));
    this.#rows = [
      ...this.#amountRows,
      ...drawn.body.flatMap((part) => ("rows" in part ? part.rows.flatMap(rowOf) : [])),
      ...drawn.checks.flatMap(({ label, declared }) => declared.map((value) => amountRow(label, value))),
    ];
    this.#counts = new Set(drawn.body.flatMap((part) => ("lines" in part ? countOf(part.lines.length) : [])));
  }

  /** All that is rendered, built on first use: most lines of a description refer to one row only. */
  get #all(): Measure {
    this.#measure ??= {
      facts: new Facts(this.#texts(), this.#counts, false),
      isStrict: false,
      hasUnit: false,
    };
    return this.#measure;
  }

  #texts(): readonly string[] {
    const { title, body, rest } = this.#drawn;
    return [
      title,
      ...this.#rows.flatMap(({ value }) => textsOf(value)),
      ...body.flatMap((part) =>
        "lines" in part ? part.lines.flatMap((cells) => cells.flatMap(cellTexts)) : [],
      ),
      ...rest.map(({ value }) => value),
    ];
  }

  title(value: string): ComparedLine {
    const [said, own] = [foldWithoutSpaces(value), foldWithoutSpaces(this.#drawn.title)];
    if (said !== "" && own.includes(said)) {
      return line("", value, [], null);
    }
    if (said.includes(own)) {
      return line("", value, marksOf("", value, this.#all), null);
    }
    return line("", value, [[0, lengthOf(value), "absent"]], this.#drawn.title);
  }

  line(label: string, value: string): ComparedLine {
    const rows = this.#rowsFor(label, value);
    if (rows.length > 0) {
      const marks = marksOf(label, value, this.#strict(rows));
      return line(label, value, marks, marks.length > 0 ? said(rows) : null);
    }
    const marks = marksOf(label, value, this.#all);
    const isAbsent = marks.some(([, , kind]) => kind === "absent");
    return line(label, value, marks, isAbsent ? this.#like(label) : null);
  }

  /**
   * Returns the rows that a value is compared with: those with its label or, if it is called a total, the
   * totals.
   */
  #rowsFor(label: string, value: string): readonly Row[] {
    const own = foldWithoutSpaces(label);
    const rows = this.#rows.filter((row) => foldWithoutSpaces(row.label) === own);
    const isTotal = rows.length === 0 && TOTAL.test(fold(label));
    if (!isTotal || !tokensOf(fold(value)).some(({ kind }) => kind === "amount")) {
      return rows;
    }
    const totals = this.#rows.filter(
      (row) => row.value.as === "amount" && row.value.currency !== null && TOTAL.test(fold(row.label)),
    );
    return totals.length > 0 ? totals : this.#amountRows;
  }

  #strict(rows: readonly Row[]): Measure {
    return {
      facts: new Facts(
        rows.flatMap(({ value }) => textsOf(value)),
        this.#counts,
        false,
      ),
      isStrict: true,
      hasUnit: rows.some(({ value }) => value.as === "decimal" && value.unit !== null),
    };
  }

  /** Returns the only row whose label contains this one, as text; null otherwise. */
  #like(label: string): string | null {
    const own = foldWithoutSpaces(label);
    const rows = own === "" ? [] : this.#rows.filter((row) => foldWithoutSpaces(row.label).includes(own));
    return rows.length === 1 ? said(rows) : null;
  }
}

const amountRow = (label: string, value: Money): Row => ({ label, value: { as: "amount", ...value } });
const rowOf = (row: DrawnRow): Row[] => ("missing" in row ? [] : [{ label: row.label, value: row }]);

const cellTexts = (cell: Value | { readonly missing: true } | null): string[] =>
  cell === null || "missing" in cell ? [] : textsOf(cell);

/** Returns the texts of a rendered value. */
function textsOf(value: Value | Row["value"]): string[] {
  switch (value.as) {
    case "text":
      return [value.value];
    case "date":
      return [value.text];
    case "code":
      return [value.code, value.name, value.says].filter((text) => typeof text === "string");
    case "decimal":
      return value.unit === null
        ? [value.number]
        : [`${value.number} ${value.unit}`, value.number, value.unit];
    case "amount":
      return [value.currency === null ? value.number : `${value.number} ${value.currency}`];
  }
}

/** Formats rows as a reader sees them, without repeats. */
const said = (rows: readonly Row[]): string => [...new Set(rows.map(({ value }) => shown(value)))].join("；");

function shown(value: Row["value"]): string {
  switch (value.as) {
    case "text":
      return value.value;
    case "date":
      return value.text;
    case "code":
      return value.name === null ? value.code : `${value.name}（${value.code}）`;
    case "decimal":
      return value.unit === null ? value.text : `${value.text} ${value.unit}`;
    case "amount":
      return value.name === null ? value.text : `${value.name} ${value.text}`;
  }
}

function contentFacts(kind: ContentKind, content: Uint8Array, read: typeof readContent): Facts {
  try {
    if (kind !== "text") {
      return treeFacts(read(kind, content));
    }
  } catch (error) {
    if (!(error instanceof ViewError)) {
      throw error;
    }
  }
  try {
    return new Facts(utf8Text(content).split("\n"), new Set(), true);
  } catch (error) {
    throw error instanceof FormError ? new ViewError("content") : error;
  }
}

function treeFacts(root: Node): Facts {
  const texts: string[] = [];
  const counts = new Set<string>();
  const nodes = [root];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (node.isLeaf && node.kind !== "comment" && !isNull(node)) {
      texts.push(node.text!);
    }
    const named = new Map<string, number>();
    for (const part of [...node.attributes, ...node.children]) {
      nodes.push(part);
      if (part.kind !== "comment") {
        named.set(part.step, (named.get(part.step) ?? 0) + 1);
      }
    }
    for (const count of named.values()) {
      counts.add(countOf(count));
    }
  }
  return new Facts(texts, counts, true);
}

const isNull = ({ isVoid, text }: Node): boolean => isVoid && text === "null";
