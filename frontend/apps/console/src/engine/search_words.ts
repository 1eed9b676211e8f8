/**
 * Meaning of a search field, by the same rules for every list (as in mshield.server.certificates.words).
 */

import { normalPhone } from "@mshield/identity/identity.ts";
import { SHIELD_NUMBER } from "@mshield/identity/shield_number.ts";

import type { Query } from "./types.ts";

/** Query of lists of people: accounts, registered people, SMS recipients and subjects of acts. */
export type PeopleQuery = Pick<Query<"searchAccounts">, "name" | "end" | "id_number" | "credit_code">;

export type Meaning =
  | { kind: "shield" | "serial" | "credit_code" | "id_card" | "phone" | "end" | "document"; text: string }
  | { kind: "name"; text: string };

/** The form used in SMS: 尾号 0845. */
const END_OF = /^\s*尾号/;
const SERIAL = /^[0-9A-F]{40}$/;
/** A credit code has a letter or begins with 9; an ID card's number has 18 digits, or 17 and an X. */
const CREDIT_CODE = /^(?=9|.*[A-WYZ])[0-9A-Z]{18}$/;
const ID_CARD = /^[0-9]{17}[0-9X]$/;
const END = /^[0-9]{3,16}[0-9X]$/;
/** A passport or permit number, which also has letters. */
const DOCUMENT = /^(?=.*[0-9])[0-9A-Z()]{6,32}$/;

/**
 * Returns the meaning: numbers in capitals without spaces and hyphens, shield numbers with MS, phones as 11
 * digits; null if empty.
 */
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

/** Characters of the shortest whole number of digits: a permit's. */
const SHORTEST = 8;

/** Returns the same as a query of accounts, which are found by whole numbers only; empty for a part of one. */
export function accountQuery(words: string): PeopleQuery {
  const query = peopleQuery(words);
  return typeof query.end === "string" && query.end.length < SHORTEST ? {} : query;
}

/** Returns the same as a query of people; empty for no words. */
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
