/** A form with which users identify themselves: SMS code, ID number, and a new password. */

import { normalPhone } from "@mshield/identity/identity.ts";
import { missing, weakness } from "@mshield/identity/password.ts";
import type { Rules } from "@mshield/look/vue/field_errors.ts";
import { focusFirstError } from "@mshield/look/vue/first_error.ts";
import { captureFocus } from "@mshield/look/vue/focus.ts";
import type { Translator } from "@mshield/look/vue/words.ts";
import type { ShieldError } from "@mshield/shield";
import { shallowRef, useTemplateRef } from "vue";

import { useTask } from "../../engine/task.ts";
import { useFieldErrors } from "./field_errors.ts";

interface Shared {
  readonly phone: string;
  readonly smsCode: string;
  readonly password: string;
}

/**
 * Creates the form's state. `rules` are those of the fields that only this form has; `t` translates
 * `passwordWords`.
 *
 * The form in the template must have the ref `page`.
 */
export function useIdentityForm<K extends string>(
  form: Readonly<Shared & Record<NoInfer<K>, unknown>>,
  t: Translator["t"],
  rules: Rules<K, string>,
) {
  const isEmpty = (field: string): boolean => String((form as Record<string, unknown>)[field]).trim() === "";
  const { errors, check, place } = useFieldErrors<K | keyof Shared>(form, {
    ...rules,
    ...("idNumber" in rules && {
      idNumber: () =>
        isEmpty("idNumber") ? t("none.idNumber") : (rules as Rules<string, string>)["idNumber"]!(),
    }),
    phone: () => {
      if (isEmpty("phone")) return t("none.phone");
      return normalPhone(form.phone) === null ? t("wrong.phone") : null;
    },
    smsCode: () => {
      if (isEmpty("smsCode")) return t("none.smsCode");
      return /^[0-9]{6}$/.test(form.smsCode) ? null : t("wrong.smsCode");
    },
    password: () => {
      if (form.password === "") return t("none.password");
      const weak = weakness(form.password, normalPhone(form.phone) ?? "");
      return weak && t(`weakness.${weak}`, { missing: missing(form.password) });
    },
  });
  const sending = useTask();
  const page = useTemplateRef<HTMLFormElement>("page");
  /** The error that isn't about a field. */
  const problem = shallowRef<ShieldError | null>(null);

  function checkPhone(): boolean {
    const isRight = check("phone");
    if (!isRight) {
      void focusFirstError(page.value);
    }
    return isRight;
  }

  /**
   * Checks the form and returns the result of `work`; undefined if a field is invalid, which then gets the
   * focus, or if the service refuses.
   */
  async function send<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (sending.isBusy.value) {
      return undefined;
    }
    const isThere = captureFocus();
    problem.value = null;
    check();
    if (await focusFirstError(page.value)) {
      return undefined;
    }
    const result = await sending.run(work);
    if (result === undefined) {
      const refusal = sending.problem.value;
      problem.value = refusal && place(refusal) === null ? refusal : null;
      if (isThere()) {
        await focusFirstError(page.value);
      }
    }
    return result;
  }

  return { errors, problem, sending, checkPhone, send };
}
