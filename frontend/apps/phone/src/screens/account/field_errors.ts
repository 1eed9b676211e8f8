/** What is wrong at which field of a form of the app: a sentence each. */

import { type Rules, useFieldErrors as useErrors } from "@mshield/look/vue/field_errors.ts";
import type { ShieldError } from "@mshield/shield";

import { sentence } from "../../words/sentence.ts";

export interface FieldErrors<K extends string> {
  readonly errors: Record<K, string | null>;
  /** Checks these fields, or all of them; whether they are right. */
  check(...only: K[]): boolean;
  /** The field that the service's answer is about, which then shows it; null for none. */
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
