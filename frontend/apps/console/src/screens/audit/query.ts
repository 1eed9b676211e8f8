/** Search among acts: one of the service's ids is a subject or an actor, all else means people. */

import { meaningOf, peopleQuery } from "../../engine/search_words.ts";
import type { ActsQuery } from "./calls.ts";

const OWN_ID = /^(?:(?:ep_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|bs-[0-9a-f]{16})$/i;

/** Returns the subject's id; it names nobody, so it may be in the page's address. */
export function subjectOf(words: string): string | null {
  const text = words.trim();
  const meaning = meaningOf(words);
  if (meaning?.kind === "serial") return meaning.text;
  return OWN_ID.test(text) ? text.toLowerCase() : null;
}

export function aboutQuery(
  words: string,
): Pick<ActsQuery, "subject" | "name" | "end" | "id_number" | "credit_code"> {
  const subject = subjectOf(words);
  return subject === null ? peopleQuery(words) : { subject };
}

export type ByQuery = Pick<ActsQuery, "actor_id" | "by_name" | "by_end" | "by_id_number" | "by_credit_code">;

/** Returns the id of a member or account; it names nobody either. */
export function actorOf(words: string): string | null {
  const text = words.trim();
  return OWN_ID.test(text) ? text.toLowerCase() : null;
}

/** Builds the query for an actor. */
export function byQuery(words: string): ByQuery {
  const actor = actorOf(words);
  if (actor !== null) return { actor_id: actor };
  const people = Object.entries(peopleQuery(words)).map(([name, word]) => [`by_${name}`, word] as const);
  return Object.fromEntries(people);
}
