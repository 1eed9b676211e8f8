/** What is looked for among the filing records. */

import type { Query } from "../../engine/types.ts";

export type FilingQuery = Query<"listFiled">;

const CREDIT_CODE = /^[0-9A-Z]{18}$/;

/** Whether this is the credit code of an enterprise; an id number has 18 characters too, but its digits only end in X. */
function isCreditCode(text: string): boolean {
  return CREDIT_CODE.test(text) && /[A-Z]/.test(text.slice(0, -1));
}

/** What is looked for: a whole credit code, or a whole id number; nothing for all. */
export function filingQuery(words: string, withEnded: boolean): FilingQuery {
  const text = words.normalize("NFKC").replaceAll(/[\s-]/g, "").toUpperCase();
  return {
    ...(text === "" ? {} : isCreditCode(text) ? { credit_code: text } : { id_number: text }),
    ...(withEnded ? { ended: "true" } : {}),
  };
}
