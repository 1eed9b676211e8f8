/**
 * Errors at the fields of a form: by its own rules when submitted, and by the service's answer. An error
 * disappears when its field changes. The application defines what an error is (a sentence, or more); it is
 * rebuilt when the language changes.
 */

import { computed, reactive, shallowReactive, watch } from "vue";

/** Rules by field; null if the field is valid. */
export type Rules<K extends string, E> = Record<K, () => E | null>;

/** A refusal: its code, and the field that it names, if any. */
export interface Refusal<E> {
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
/** The service's names of fields that differ from ours. */
const BY_NAME: Record<string, string> = {
  id_number: "idNumber",
  sms_code: "smsCode",
  new_code: "newCode",
  old_code: "oldCode",
};

export interface FieldErrors<K extends string, E> {
  readonly errors: Record<K, E | null>;
  /** Checks these fields, or all of them; returns whether they are valid. */
  check(...only: K[]): boolean;
  /** Returns the field that a refusal is about, which then shows it; null for none. */
  place(refused: Refusal<E>): K | null;
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

  function place({ code, field: wire, error }: Refusal<E>): K | null {
    const named = typeof wire === "string" ? (BY_NAME[wire] ?? wire) : BY_CODE[code];
    const field = fields.find((name) => name === named) ?? null;
    if (field !== null) {
      said[field] = error;
    }
    return field;
  }

  return { errors, check, place };
}
