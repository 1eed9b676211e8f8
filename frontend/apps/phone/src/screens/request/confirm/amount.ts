/** The amount among the lines of a display, which is shown in large type. */

import type { Line } from "@mshield/shield";

export interface Amount {
  readonly label: string;
  readonly currency: string;
  /** With thousands separators: 186,000.00. */
  readonly number: string;
}

const LABEL = /总价|总额|总值|金额|合计|价税|应付|\btotal\b|\bamount\b|\bsum\b/i;
const CURRENCY = "(?:[A-Z]{3}|[¥￥$€£]|人民币|美元|欧元|日元|英镑|港元|港币|澳元|加元|元)";
const VALUE = new RegExp(
  `^(${CURRENCY})?\\s*(\\d{1,3}(?:,\\d{3})+(?:\\.\\d{1,4})?|\\d{1,15}(?:\\.\\d{1,4})?)\\s*(${CURRENCY})?$`,
);

/** Returns the first line that is an amount, or null. */
export function amountOf(lines: readonly Line[]): { readonly amount: Amount; readonly line: Line } | null {
  for (const line of lines) {
    const match = LABEL.test(line.label) ? VALUE.exec(line.value.trim()) : null;
    const [, before, digits, after] = match ?? [];
    // Exactly one currency is required: two contradict each other, and a number alone may be a quantity.
    if (digits !== undefined && (before === undefined) !== (after === undefined)) {
      const currency = before ?? after ?? "";
      return { amount: { label: line.label, currency, number: withMarks(digits) }, line };
    }
  }
  return null;
}

function withMarks(digits: string): string {
  const [whole = "", rest] = digits.replaceAll(",", "").split(".");
  const marked = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
  return rest === undefined ? marked : `${marked}.${rest}`;
}
