/** What one field of words asks for: a shield number, a serial, a credit code, the end of any number, or a name. */

import { SHIELD_NUMBER } from "@mshield/identity/shield_number.ts";

import type { CertificateQuery } from "./calls.ts";

export function certificateQuery(words: string, standing: string): CertificateQuery {
  const text = words.trim();
  const plain = text.replace(/[\s:-]/g, "");
  const query: CertificateQuery = {};
  if (SHIELD_NUMBER.test(plain)) query.shield_number = plain;
  else if (/^[0-9a-f]{40}$/i.test(plain)) query.serial = plain;
  // A credit code has a letter or begins with 9; an id card's number has 18 digits, or 17 and an X.
  else if (/^[0-9A-Z]{18}$/i.test(plain) && /^9|[A-WYZ]/i.test(plain)) query.credit_code = plain;
  else if (/^\d{3,17}[\dxX]$/.test(plain)) query.end = plain;
  else if (text) query.name = text;
  if (standing.startsWith("hold:")) query.hold = standing.slice(5) as NonNullable<CertificateQuery["hold"]>;
  else if (standing) query.state = standing as NonNullable<CertificateQuery["state"]>;
  return query;
}
