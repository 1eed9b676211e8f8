/** Search among registration records. */

import { peopleQuery } from "../../engine/search_words.ts";
import type { Query } from "../../engine/types.ts";

export type FilingQuery = Query<"listFiled">;

/** Builds the query; without words it has only whether ended records are included. */
export function filingQuery(words: string, withEnded: boolean): FilingQuery {
  return { ...peopleQuery(words), ...(withEnded ? { ended: "true" } : {}) };
}
