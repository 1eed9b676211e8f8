/** A value that a view drew (`mshield-drawn/v1`) as it is read; its own marks for what is hidden come with it. */

import { honestValue } from "./honest_text.ts";

/** A cell of the drawn lines, as far as its text needs it. */
export interface DrawnCell {
  readonly as: string;
  readonly missing?: boolean | undefined;
  readonly value?: string | undefined;
  readonly text?: string | undefined;
  readonly unit?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly code?: string | undefined;
  readonly says?: string | undefined;
  readonly conflict?: boolean | undefined;
}

/** `name` is that of its currency. */
export interface DrawnMoney {
  readonly name: string | null;
  readonly text: string;
}

/** Null for one that isn't there. */
export function cellText({ as, missing, value, text = "", unit, name, code }: DrawnCell): string | null {
  if (missing === true) {
    return null;
  }
  switch (as) {
    case "text":
      return honestValue(value ?? "");
    case "code":
      return name === null || name === undefined
        ? honestValue(code ?? "")
        : `${honestValue(name)}（${honestValue(code ?? "")}）`;
    case "decimal":
      return unit === null || unit === undefined ? text : `${text} ${honestValue(unit)}`;
    case "amount":
      return name === null || name === undefined ? text : `${name} ${text}`;
    default:
      return text;
  }
}

export const moneyText = ({ name, text }: DrawnMoney): string => (name === null ? text : `${name} ${text}`);

/** Of a code beside whose name the content says another, what it says. */
export const saysOtherwise = ({ conflict, says }: DrawnCell): string | null =>
  conflict === true ? honestValue(says ?? "") : null;
