/** What is wrong at which field of a form at a desk: a sentence each, with the FAQ entry that helps. */

import { type Rules, useFieldErrors as useErrors } from "@mshield/look/vue/field_errors.ts";

import type { Problem } from "./problem.ts";

export interface FieldError {
  readonly sentence: string;
  /** Id of the FAQ entry. */
  readonly faq: string | null;
}

export interface FieldErrors<K extends string> {
  readonly errors: Record<K, FieldError | null>;
  /** Checks these fields, or all of them; whether they are right. */
  check(...only: K[]): boolean;
  /** Whether a refusal is about one of the fields, which then shows it. */
  place(problem: Problem): boolean;
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
