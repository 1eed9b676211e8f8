/** A value rendered by a view (`mshield-drawn/v1`) as text, with marks for hidden characters. */

import { honestValue } from "./honest_text.ts";

/** The fields of a rendered cell that its text needs. */
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

/** Returns the text; null for a missing value. */
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

/** Returns the content's own name for a code, if it contradicts the code's name. */
export const contradictingName = ({ conflict, says }: DrawnCell): string | null =>
  conflict === true ? honestValue(says ?? "") : null;
