/** What one field of words asks for: the same rules for every list (mshield.services.certificates.words has them too). */

import { normalPhone } from "@mshield/identity/identity.ts";
import { SHIELD_NUMBER } from "@mshield/identity/shield_number.ts";

import type { Query } from "./types.ts";

/** What lists of people take: accounts, who is on file, whom SMS went to and acts are about. */
export type PeopleQuery = Pick<Query<"searchAccounts">, "name" | "end" | "id_number" | "credit_code">;

export type Meaning =
  | { kind: "shield" | "serial" | "credit_code" | "id_card" | "phone" | "end" | "document"; text: string }
  | { kind: "name"; text: string };

/** As SMS say it: 尾号 0845. */
const END_OF = /^\s*尾号/;
const SERIAL = /^[0-9A-F]{40}$/;
/** It has a letter or begins with 9; an id card's number has 18 digits, or 17 and an X. */
const CREDIT_CODE = /^(?=9|.*[A-WYZ])[0-9A-Z]{18}$/;
const ID_CARD = /^[0-9]{17}[0-9X]$/;
const END = /^[0-9]{3,16}[0-9X]$/;
/** Of a passport or a permit, which has letters too. */
const DOCUMENT = /^(?=.*[0-9])[0-9A-Z()]{6,32}$/;

/** Numbers in capitals without blanks and hyphens, a shield number with its MS, a phone number in 11 digits; null for nothing. */
export function meaningOf(words: string): Meaning | null {
  const plain = words
    .normalize("NFKC")
    .replace(END_OF, "")
    .replaceAll(/[\s:-]/g, "")
    .toUpperCase();
  const phone = normalPhone(plain);
  if (SHIELD_NUMBER.test(plain)) return { kind: "shield", text: plain };
  if (SERIAL.test(plain)) return { kind: "serial", text: plain.toLowerCase() };
  if (CREDIT_CODE.test(plain)) return { kind: "credit_code", text: plain };
  if (ID_CARD.test(plain)) return { kind: "id_card", text: plain };
  if (phone !== null) return { kind: "phone", text: phone };
  if (END.test(plain)) return { kind: "end", text: plain };
  if (DOCUMENT.test(plain)) return { kind: "document", text: plain };
  const name = words.trim();
  return name ? { kind: "name", text: name } : null;
}

/** The same as a list of people takes it; empty for no words. */
export function peopleQuery(words: string): PeopleQuery {
  const meaning = meaningOf(words);
  switch (meaning?.kind) {
    case "shield":
      return { end: meaning.text.slice(2) };
    case "phone":
    case "end":
      return { end: meaning.text };
    case "credit_code":
      return { credit_code: meaning.text };
    case "id_card":
    case "document":
    case "serial":
      return { id_number: meaning.text };
    case "name":
      return { name: meaning.text };
    default:
      return {};
  }
}
