/** Errors at the fields of a desk form: one sentence each, with the FAQ entry that helps. */

import { type Rules, useFieldErrors as useErrors } from "@mshield/look/vue/field_errors.ts";

import type { Problem } from "./problem.ts";

export interface FieldError {
  readonly sentence: string;
  /** Id of the FAQ entry. */
  readonly faq: string | null;
}

export interface FieldErrors<K extends string> {
  readonly errors: Record<K, FieldError | null>;
  /** Checks these fields, or all of them; returns whether they are valid. */
  check(...only: K[]): boolean;
  /** Reports whether a refusal is about one of the fields, which then shows it. */
  place(problem: Problem): boolean;
}

/** Fields whose sentence differs if nothing was entered. */
const NAMED = new Set(["phone", "name", "idNumber", "password"]);

/** Returns the key of a field's sentence: `empty.NAME` if nothing was entered, else `wrong.NAME`. */
export function sentenceKey(form: Readonly<Record<string, unknown>>, name: string): string {
  return `${NAMED.has(name) && form[name] === "" ? "empty" : "wrong"}.${name}`;
}

export function useFieldErrors<K extends string>(
  form: Readonly<Record<NoInfer<K>, unknown>>,
  rules: Rules<K, FieldError>,
): FieldErrors<K> {
  const { errors, check, place } = useErrors(form, rules);
  return {
    errors,
    check,
    place: (problem) =>
      place({
        code: problem.code,
        field: problem.document["field"],
        error: () => ({ sentence: problem.sentence, faq: problem.faq }),
      }) !== null,
  };
}
