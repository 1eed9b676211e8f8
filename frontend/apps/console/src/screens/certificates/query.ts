/** Search among certificates: words, state and account. */

import { meaningOf } from "../../engine/search_words.ts";
import type { CertificateQuery } from "./calls.ts";

function asked(words: string): CertificateQuery {
  const meaning = meaningOf(words);
  switch (meaning?.kind) {
    case "shield":
      return { shield_number: meaning.text };
    case "serial":
      return { serial: meaning.text };
    case "credit_code":
      return { credit_code: meaning.text };
    case "id_card":
    case "phone":
    case "end":
      return { end: meaning.text };
    case "document":
    case "name":
      return { name: words.trim() };
    default:
      return {};
  }
}

export function certificateQuery(words: string, standing: string, account = ""): CertificateQuery {
  const query = asked(words);
  if (account) query.account = account;
  if (standing.startsWith("hold:")) query.hold = standing.slice(5) as NonNullable<CertificateQuery["hold"]>;
  else if (standing) query.state = standing as NonNullable<CertificateQuery["state"]>;
  return query;
}
