/** The drawn lines of a document as lines of its receipt: amount, groups, goods, checks, and the rest. */

import { cellText, moneyText } from "@mshield/look/drawn_text.ts";
import { honestValue } from "@mshield/look/honest_text.ts";
import type { DrawnCheck, DrawnLines, DrawnPart, DrawnRow } from "@mshield/views";

import type { ReceiptLine } from "./receipt_layout.ts";

const MISSING = "—";

/** Returns a text of this screen by its key. */
type Say = (name: string, values?: Record<string, unknown>) => string;

export function drawnLines(drawn: DrawnLines, own: Say): ReceiptLine[] {
  const { amount, body, checks, rest } = drawn;
  const hidden = drawn.not_shown.reduce((sum, { count }) => sum + count, drawn.not_shown_more);
  return [
    ...(amount === null
      ? []
      : [{ ...row(amount.label, amount.values.map(moneyText).join(", ")), isLarge: true }]),
    ...body.flatMap((part) => partLines(part, own)),
    ...checks.map((check) => ({ remark: checkText(check, own) })),
    ...rest.map(({ path, value }) => row(path, honestValue(value))),
    ...(hidden > 0 ? [{ remark: own("hidden", { count: hidden }) }] : []),
  ];
}

function partLines(part: DrawnPart, own: Say): ReceiptLine[] {
  if (!("lines" in part)) {
    return part.rows.map((each: DrawnRow) => row(each.label, cellText(each) ?? MISSING));
  }
  return part.lines.map((cells, n) => {
    const values = cells.flatMap((cell, at) => {
      const text = cell === null ? null : cellText(cell);
      return text === null ? [] : [`${honestValue(part.columns[at]?.label ?? "")} ${text}`];
    });
    return { name: own("line", { label: honestValue(part.label), n: n + 1 }), value: values.join("; ") };
  });
}

function checkText({ agrees, count, label, sum }: DrawnCheck, own: Say): string {
  const values = { count, label: honestValue(label), sum: sum.map(moneyText).join(", ") };
  return own(agrees ? "agrees" : "disagrees", values);
}

const row = (label: string, value: string): Extract<ReceiptLine, { name: string }> => ({
  name: honestValue(label),
  value,
});
