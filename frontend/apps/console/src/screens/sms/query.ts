/** Search among SMS: words, state and account; a whole number may be anybody's. */

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
