/**
 * What is wrong at which field of a form: by its own rules when it is sent, and by the service's answer. An error goes
 * when its field is changed.
 */

import type { ShieldError } from "@mshield/shield";
import { reactive, watch } from "vue";

import { sentence } from "../../words/sentence.ts";

/** Null where the field is right. */
export type Rules<K extends string> = Record<K, () => string | null>;

/** Codes that are about a field without naming it. */
const BY_CODE: Record<string, string> = {
  sms_code_wrong: "smsCode",
  sms_code_expired: "smsCode",
  weak_password: "password",
  reset_refused: "idNumber",
};
/** The service's names of fields, where ours are others. */
const BY_NAME: Record<string, string> = { id_number: "idNumber", sms_code: "smsCode" };

export interface FieldErrors<K extends string> {
  readonly errors: Record<K, string | null>;
  /** Checks this field, or all of them; whether it, or they, are right. */
  check(only?: K): boolean;
  /** The field that the service's answer is about, which then shows it; null for none. */
  place(problem: ShieldError): K | null;
}

export function useFieldErrors<K extends string>(
  form: Readonly<Record<NoInfer<K>, unknown>>,
  rules: Rules<K>,
): FieldErrors<K> {
  const fields = Object.keys(rules) as K[];
  const errors = reactive(Object.fromEntries(fields.map((field) => [field, null]))) as Record<
    K,
    string | null
  >;
  for (const field of fields) {
    watch(
      () => form[field],
      () => (errors[field] = null),
    );
  }

  function check(only?: K): boolean {
    const checked = only === undefined ? fields : [only];
    for (const field of checked) {
      errors[field] = rules[field]();
    }
    return checked.every((field) => errors[field] === null);
  }

  function place(problem: ShieldError): K | null {
    const { field: told } = problem.extra;
    const named = typeof told === "string" ? (BY_NAME[told] ?? told) : BY_CODE[problem.code];
    const field = fields.find((each) => each === named) ?? null;
    if (field !== null) {
      errors[field] = sentence(problem);
    }
    return field;
  }

  return { errors, check, place };
}
