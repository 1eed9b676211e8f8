/** What one field of words asks for among the filing records. */

import { peopleQuery } from "../../engine/search_words.ts";
import type { Query } from "../../engine/types.ts";

export type FilingQuery = Query<"listFiled">;

/** Nothing but whether who has left is wanted for no words. */
export function filingQuery(words: string, withEnded: boolean): FilingQuery {
  return { ...peopleQuery(words), ...(withEnded ? { ended: "true" } : {}) };
}
