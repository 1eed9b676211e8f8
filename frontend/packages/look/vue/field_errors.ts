/**
 * What is wrong at which field of a form: by its own rules when it is sent, and by the service's answer. An error goes
 * when its field is changed. What an error is (a sentence, or more) the application says; it is said anew when the language changes.
 */

import { computed, reactive, shallowReactive, watch } from "vue";

/** Null where the field is right. */
export type Rules<K extends string, E> = Record<K, () => E | null>;

/** A refusal: its code, and the field that it names, if it names one. */
export interface Refused<E> {
  readonly code: string;
  readonly field: unknown;
  readonly error: () => E;
}

/** Codes that are about a field without naming it. */
const BY_CODE: Record<string, string> = {
  sms_code_wrong: "smsCode",
  sms_code_expired: "smsCode",
  weak_password: "password",
  reset_refused: "idNumber",
  captcha_wrong: "captcha",
};
/** The service's names of fields, where ours are others. */
const BY_NAME: Record<string, string> = {
  id_number: "idNumber",
  sms_code: "smsCode",
  new_code: "newCode",
  old_code: "oldCode",
};

export interface FieldErrors<K extends string, E> {
  readonly errors: Record<K, E | null>;
  /** Checks these fields, or all of them; whether they are right. */
  check(...only: K[]): boolean;
  /** The field that a refusal is about, which then shows it; null for none. */
  place(refused: Refused<E>): K | null;
}

export function useFieldErrors<K extends string, E>(
  form: Readonly<Record<NoInfer<K>, unknown>>,
  rules: Rules<K, E>,
): FieldErrors<K, E> {
  const fields = Object.keys(rules) as K[];
  const said = shallowReactive({}) as Partial<Record<K, () => E | null>>;
  const errors = reactive(
    Object.fromEntries(fields.map((field) => [field, computed(() => said[field]?.() ?? null)])),
  ) as Record<K, E | null>;
  for (const field of fields) {
    watch(
      () => form[field],
      () => delete said[field],
    );
  }

  function check(...only: K[]): boolean {
    const checked = only.length === 0 ? fields : only;
    for (const field of checked) {
      said[field] = rules[field];
    }
    return checked.every((field) => errors[field] === null);
  }

  function place({ code, field: wire, error }: Refused<E>): K | null {
    const named = typeof wire === "string" ? (BY_NAME[wire] ?? wire) : BY_CODE[code];
    const field = fields.find((name) => name === named) ?? null;
    if (field !== null) {
      said[field] = error;
    }
    return field;
  }

  return { errors, check, place };
}
