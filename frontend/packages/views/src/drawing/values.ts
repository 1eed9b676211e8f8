/** Reads the values of leaves (views, "Values"), and marks which leaves are rendered. */

import { CURRENCY_NAMES, currencyOf } from "../currencies.ts";
import { readDate } from "../dates.ts";
import type { Money, Value } from "./drawn.ts";
import { ViewError } from "../errors.ts";
import { commaNumber, type Decimal, plainNumber, readDecimal } from "../numbers.ts";
import { trimmed } from "../text.ts";
import type { Node } from "../content/tree.ts";
import type { Currency, Reading, SidePath, Unit } from "../view/view.ts";

/** A summand: a number with its currency, and the leaf that names the currency. */
export interface Term {
  readonly number: Decimal;
  readonly currency: string | null;
  readonly side: Node | null;
}

/**
 * Reads the value of a leaf that isn't empty, members in canonical order, and marks side leaves. Throws:
 * ViewError at `at`.
 */
export function readValue(node: Node, reading: Reading, at: string): Value {
  switch (reading.as) {
    case "text":
      return { as: "text", value: node.text! };
    case "date":
      return { as: "date", text: known(readDate(trimmed(node.text!)), "value", at) };
    case "code":
      return readCode(node, reading, at);
    case "amount": {
      const { number, currency, side } = readTerm(node, reading.currency, reading.separators, at);
      draw(side);
      const name = currencyName(currency);
      return { as: "amount", currency, name, number: plainNumber(number), text: commaNumber(number) };
    }
    case "decimal": {
      const number = readNumber(node, reading.separators, at);
      const unit = reading.unit === null ? null : readUnit(node, reading.unit, at);
      return { as: "decimal", number: plainNumber(number), text: commaNumber(number), unit };
    }
  }
}

/** Reads number, then currency, of a node of an amount or a check, without marking anything as rendered. */
export function readTerm(node: Node, currency: Currency | null, separators: boolean, at: string): Term {
  if (!node.isLeaf) {
    throw new ViewError("value", at);
  }
  const number = readNumber(node, separators, at);
  if (currency === null) {
    return { number, currency: null, side: null };
  }
  if ("fixed" in currency) {
    return { number, currency: currency.fixed, side: null };
  }
  const side = sideLeaf(node, currency.path, at);
  const text = trimmed(side.text!);
  const code = currency.list?.get(text) ?? currencyOf(text);
  return { number, currency: known(code, "currency", at), side };
}

export function money(currency: string | null, number: Decimal): Money {
  const name = currencyName(currency);
  return { currency, name, number: plainNumber(number), text: commaNumber(number) };
}

const currencyName = (currency: string | null): string | null =>
  currency === null ? null : CURRENCY_NAMES.get(currency)!;

/** Marks a node as rendered. */
export function draw(node: Node | null): void {
  if (node !== null) {
    node.isDrawn = true;
  }
}

function readNumber(node: Node, separators: boolean, at: string): Decimal {
  return known(node.isVoid ? null : readDecimal(trimmed(node.text!), separators), "value", at);
}

function readUnit(node: Node, unit: Unit, at: string): string {
  if ("fixed" in unit) {
    return unit.fixed;
  }
  const text = sideText(node, unit.path, at);
  return unit.list?.get(text) ?? text;
}

function readCode(node: Node, { list, says, isKnown }: Extract<Reading, { as: "code" }>, at: string): Value {
  const code = trimmed(node.text!);
  const name = list.get(code) ?? null;
  if (isKnown && name === null) {
    throw new ViewError("code", at);
  }
  if (says === null) {
    return { as: "code", code, name };
  }
  const text = sideText(node, says, at);
  return { as: "code", code, conflict: name !== null && name !== text, name, says: text };
}

/** Returns the trimmed text of a side leaf, and marks it as rendered. */
function sideText(node: Node, path: SidePath, at: string): string {
  const side = sideLeaf(node, path, at);
  draw(side);
  return trimmed(side.text!);
}

/** Returns the only leaf there that isn't empty. */
function sideLeaf(node: Node, { up, steps }: SidePath, at: string): Node {
  let from: Node | null = node;
  for (let n = 0; n < up && from !== null; n++) {
    from = from.parent;
  }
  const nodes = from === null ? [] : from.beside(steps);
  if (nodes.length > 1) {
    throw new ViewError("duplicate", at);
  }
  const [leaf] = nodes;
  if (leaf?.isLeaf === false) {
    throw new ViewError("value", at);
  }
  if (leaf === undefined || leaf.isEmpty) {
    throw new ViewError("missing", at);
  }
  return leaf;
}

function known<T>(value: T | null | undefined, code: "value" | "currency", at: string): T {
  if (value === null || value === undefined) {
    throw new ViewError(code, at);
  }
  return value;
}
