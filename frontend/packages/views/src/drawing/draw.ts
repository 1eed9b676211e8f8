/** Renders content by a view, in the order of views, "Drawing"; the first error stops it. */

import { FormError } from "@mshield/forms";
import type { XmlDocument } from "@mshield/forms/xml.ts";
import { hex, sm3, utf8 } from "@mshield/gm";

import { coverage } from "./coverage.ts";
import {
  type Cell,
  canonicalLines,
  type DrawnCheck,
  type DrawnLines,
  type DrawnPart,
  type DrawnRow,
  type Money,
  rowOf,
} from "./drawn.ts";
import { ViewError } from "../errors.ts";
import { jsonTree } from "../content/json_tree.ts";
import { CONTENT_OCTETS, DRAWN_ROWS } from "../limits.ts";
import { Sum } from "../numbers.ts";
import { trimmed } from "../text.ts";
import { find, type Node } from "../content/tree.ts";
import { draw, money, readTerm, readValue, type Term } from "./values.ts";
import type { CheckRule, ColumnRule, Part, RowRule, Steps, Term as TermRule, View } from "../view/view.ts";
import { documentTree } from "../content/xml_document.ts";
import { xmlTree } from "../content/xml_tree.ts";

export interface Drawn {
  readonly lines: DrawnLines;
  /** Canonical lines; `digest` is their SM3 in hex. */
  readonly octets: Uint8Array;
  readonly digest: string;
}

/** Renders content. Throws: ViewError. */
export function drawView(view: View, content: Uint8Array): Drawn {
  return drawTree(view, readContent(view.content, content));
}

/** Renders content that has been parsed as the view's kind. Throws: ViewError. */
export function drawTree(view: View, root: Node): Drawn {
  const lines = new Drawing(view, root).draw();
  const octets = utf8(canonicalLines(lines));
  return { lines, octets, digest: hex(sm3(octets)) };
}

/** Parses content. Throws: ViewError `content` for what section 3 refuses. */
export function readContent(kind: "xml" | "json", content: Uint8Array): Node {
  return asContent(() => {
    if (content.length > CONTENT_OCTETS) {
      throw new FormError("too long");
    }
    return kind === "xml" ? xmlTree(content) : jsonTree(content);
  });
}

/** Builds the tree of a document that was parsed to be signed. Throws: ViewError. */
export const readDocumentTree = (document: XmlDocument): Node => asContent(() => documentTree(document));

function asContent(read: () => Node): Node {
  try {
    return read();
  } catch (error) {
    throw error instanceof FormError ? new ViewError("content") : error;
  }
}

class Drawing {
  readonly #view: View;
  readonly #root: Node;
  #count = 0;

  constructor(view: View, root: Node) {
    this.#view = view;
    this.#root = root;
  }

  draw(): DrawnLines {
    const view = this.#view;
    if (view.root !== null && this.#root.step !== view.root) {
      throw new ViewError("other_document", "/root");
    }
    view.require.forEach(({ path, is }, n) => this.#require(path, is, `/require/${n}`));
    const amount = this.#amount();
    const body = view.body.map((part, n) => this.#part(part, `/body/${n}`));
    const checks = view.checks.map((check, n) => this.#check(check, `/checks/${n}`));
    const { rest, notShown, more } = coverage(view, this.#root, () => this.#add("/unlisted"));
    const list = { number: keyFact(body, "number"), party: keyFact(body, "party") };
    return {
      amount,
      body,
      checks,
      list,
      not_shown: notShown,
      not_shown_more: more,
      rest,
      title: view.title,
      type: "mshield-drawn/v1",
      view: view.digest,
    };
  }

  #require(path: Steps, is: string, at: string): void {
    const [leaf, ...others] = find(this.#root, path);
    if (leaf === undefined || others.length > 0 || !leaf.isLeaf || trimmed(leaf.text!) !== is) {
      throw new ViewError("other_document", at);
    }
    draw(leaf);
  }

  #amount(): DrawnLines["amount"] {
    const rule = this.#view.amount;
    if (rule === null) {
      return null;
    }
    const at = "/amount";
    const nodes = this.#some(rule.path, at);
    if (nodes.length > 1 && !rule.sum) {
      throw new ViewError("duplicate", at);
    }
    const terms = nodes.map((node) => readTerm(node, rule.currency, rule.separators, at));
    if (!rule.sum) {
      draw(nodes[0]!);
      draw(terms[0]!.side);
    }
    return { computed: rule.sum, label: rule.label, values: values(sums(terms)) };
  }

  #part(part: Part, at: string): DrawnPart {
    if ("rows" in part) {
      return {
        label: part.label,
        rows: part.rows.flatMap((row, n) => this.#rows(row, `${at}/rows/${n}`)),
      };
    }
    const nodes = part.mayBeEmpty ? find(this.#root, part.table) : this.#some(part.table, at);
    const places = part.columns.map((_, n) => `${at}/columns/${n}`);
    return {
      columns: part.columns.map(({ label, at: place }) => ({ at: place, label })),
      label: part.label,
      lines: nodes.map((node) => this.#line(node, part.columns, places)),
    };
  }

  #line(node: Node, columns: readonly ColumnRule[], places: readonly string[]): (Cell | null)[] {
    const cells: (Cell | null)[] = [];
    for (let n = 0; n < columns.length; n++) {
      const column = columns[n]!;
      const at = places[n]!;
      const nodes = find(node, column.path);
      if (nodes.length > 1) {
        throw new ViewError("duplicate", at);
      }
      const only = nodes[0];
      const cell = only === undefined ? null : this.#cell(only, column, at);
      cells.push(cell ?? this.#missing(column, at));
    }
    return cells;
  }

  #rows(rule: RowRule, at: string): DrawnRow[] {
    const nodes = find(this.#root, rule.path);
    if (nodes.length > 1 && !rule.many) {
      throw new ViewError("duplicate", at);
    }
    const cells: Cell[] = [];
    for (const node of nodes) {
      const cell = this.#cell(node, rule, at);
      if (cell !== null) {
        cells.push(cell);
      }
    }
    if (cells.length === 0) {
      const cell = this.#missing(rule, at);
      return cell === null ? [] : [rowOf(cell, rule.label, rule.role)];
    }
    return cells.map((cell) => rowOf(cell, rule.label, rule.role));
  }

  /** Renders a node as a row or column; null if it is empty. */
  #cell(node: Node, { reading }: Rule, at: string): Cell | null {
    if (!node.isLeaf) {
      throw new ViewError("value", at);
    }
    draw(node);
    if (node.isEmpty) {
      return null;
    }
    const cell = readValue(node, reading, at);
    this.#add(at);
    return cell;
  }

  /** Returns the cell for a missing value; null if it may be left out. */
  #missing({ missing, reading }: Rule, at: string): Cell | null {
    if (missing === "refuse") {
      throw new ViewError("missing", at);
    }
    this.#add(at);
    return missing === "show" ? { as: reading.as, missing: true } : null;
  }

  #check({ label, sum, equals }: CheckRule, at: string): DrawnCheck {
    const terms = sum.flatMap((term) => this.#terms(term, at));
    const added = sums(terms);
    const declared = sums(this.#terms(equals, at));
    const agrees =
      added.size === declared.size &&
      [...added].every(([currency, total]) => declared.get(currency)?.equals(total) === true);
    return { agrees, count: terms.length, declared: values(declared), label, sum: values(added) };
  }

  #terms({ path, currency, separators }: TermRule, at: string): Term[] {
    return this.#some(path, at).map((node) => readTerm(node, currency, separators, at));
  }

  #some(path: Steps, at: string): readonly Node[] {
    const nodes = find(this.#root, path);
    if (nodes.length === 0) {
      throw new ViewError("missing", at);
    }
    return nodes;
  }

  /** Counts one more rendered item. Throws: ViewError `limit`. */
  #add(at: string): void {
    this.#count++;
    if (this.#count > DRAWN_ROWS) {
      throw new ViewError("limit", at);
    }
  }
}

type Rule = Pick<ColumnRule, "missing" | "reading">;

/** Adds terms by currency, in the order of first occurrence. */
function sums(terms: readonly Term[]): ReadonlyMap<string | null, Sum> {
  const totals = new Map<string | null, Sum>();
  for (const { currency, number } of terms) {
    const total = totals.get(currency) ?? new Sum();
    total.add(number);
    totals.set(currency, total);
  }
  return totals;
}

const values = (totals: ReadonlyMap<string | null, Sum>): Money[] =>
  [...totals].map(([currency, total]) => money(currency, total.decimal));

/** Returns the text of the row with this role, for a list of documents. */
function keyFact(body: readonly DrawnPart[], role: "number" | "party"): string | null {
  for (const part of body) {
    for (const row of "rows" in part ? part.rows : []) {
      if (row.role === role && !("missing" in row)) {
        return row.as === "code" ? (row.name ?? row.code) : row.as === "text" ? row.value : null;
      }
    }
  }
  return null;
}
