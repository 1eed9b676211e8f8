/** What one field of words asks for among SMS: a whole number is anybody's, whether they have an account or not. */

import { meaningOf, peopleQuery } from "../../engine/search_words.ts";
import type { SmsQuery } from "./calls.ts";

export function smsQuery(words: string, state: string): SmsQuery {
  const meaning = meaningOf(words);
  return {
    ...(meaning?.kind === "phone" ? { phone: meaning.text } : peopleQuery(words)),
    ...(state ? { state: state as NonNullable<SmsQuery["state"]> } : {}),
  };
}
