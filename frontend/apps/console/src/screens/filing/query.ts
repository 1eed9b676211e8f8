/** What one field of words asks for among the filing records: a credit code, a whole document, a number's end, a name. */

import { SHIELD_NUMBER } from "@mshield/identity/shield_number.ts";

import type { Query } from "../../engine/types.ts";

export type FilingQuery = Query<"listFiled">;

/** It has a letter or begins with 9; an id card's number has 18 digits, or 17 and an X. */
const CREDIT_CODE = /^(?=9|.*[A-WYZ])[0-9A-Z]{18}$/;
const ID_CARD = /^[0-9]{17}[0-9X]$/;
const END = /^[0-9]{3,16}[0-9X]$/;
/** Of a passport or a permit, which has letters too. */
const DOCUMENT = /^(?=.*[0-9])[0-9A-Z()]{6,32}$/;

function asked(words: string): FilingQuery {
  const plain = words
    .normalize("NFKC")
    .replaceAll(/[\s:-]/g, "")
    .toUpperCase();
  const shield = SHIELD_NUMBER.exec(plain)?.[1];
  if (shield) return { end: shield };
  if (CREDIT_CODE.test(plain)) return { credit_code: plain };
  if (ID_CARD.test(plain)) return { id_number: plain };
  if (END.test(plain)) return { end: plain };
  if (DOCUMENT.test(plain)) return { id_number: plain };
  const name = words.trim();
  return name ? { name } : {};
}

/** Nothing but whether who has left is wanted for no words. */
export function filingQuery(words: string, withEnded: boolean): FilingQuery {
  return { ...asked(words), ...(withEnded ? { ended: "true" } : {}) };
}
