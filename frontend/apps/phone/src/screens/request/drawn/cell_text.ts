/** A drawn value as it is read; its own marks for what is hidden come with it. */

import { honestValue } from "@mshield/look/honest_text.ts";
import type { Cell, Money } from "@mshield/views";

/** Null for one that isn't there. */
export function cellText(cell: Cell): string | null {
  if ("missing" in cell) {
    return null;
  }
  switch (cell.as) {
    case "text":
      return honestValue(cell.value);
    case "date":
      return cell.text;
    case "code":
      return cell.name === null ? honestValue(cell.code) : `${cell.name}（${honestValue(cell.code)}）`;
    case "decimal":
      return cell.unit === null ? cell.text : `${cell.text} ${honestValue(cell.unit)}`;
    case "amount":
      return moneyText(cell);
  }
}

export const moneyText = ({ currency, name, text }: Pick<Money, "currency" | "name" | "text">): string =>
  currency === null ? text : `${name} ${text}`;

/** Of a code beside whose name the content says another, what it says. */
export const saysOtherwise = (cell: Cell): string | null =>
  "conflict" in cell && cell.conflict === true ? honestValue(cell.says ?? "") : null;
