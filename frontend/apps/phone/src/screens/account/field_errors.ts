/** Error messages of a form's fields. */

import { type Rules, useFieldErrors as useErrors } from "@mshield/look/vue/field_errors.ts";
import type { ShieldError } from "@mshield/shield";

import { sentence } from "../../words/sentence.ts";

export interface FieldErrors<K extends string> {
  readonly errors: Record<K, string | null>;
  /** Checks these fields, or all of them, and returns whether they are valid. */
  check(...only: K[]): boolean;
  /** Shows the service's error at the field it is about and returns the field; null if there is none. */
  place(problem: ShieldError): K | null;
}

export function useFieldErrors<K extends string>(
  form: Readonly<Record<NoInfer<K>, unknown>>,
  rules: Rules<K, string>,
): FieldErrors<K> {
  const { errors, check, place } = useErrors(form, rules);
  return {
    errors,
    check,
    place: (problem) =>
      place({ code: problem.code, field: problem.extra["field"], error: () => sentence(problem) }),
  };
}
