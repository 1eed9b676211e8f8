/** What one field of words, the state and the account beside it, ask for among SMS: a whole number is anybody's. */

import { meaningOf, peopleQuery } from "../../engine/search_words.ts";
import type { SmsQuery } from "./calls.ts";

export function smsQuery(words: string, state: string, account = ""): SmsQuery {
  const meaning = meaningOf(words);
  return {
    ...(meaning?.kind === "phone" ? { phone: meaning.text } : peopleQuery(words)),
    ...(account ? { account } : {}),
    ...(state ? { state: state as NonNullable<SmsQuery["state"]> } : {}),
  };
}
