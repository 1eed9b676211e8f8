/** A form in which somebody shows who they are: by a phone's SMS code, an id number, and a password of their choice. */

import { normalPhone } from "@mshield/identity/identity.ts";
import { missing, weakness } from "@mshield/identity/password.ts";
import type { Rules } from "@mshield/look/vue/field_errors.ts";
import { focusFirstError } from "@mshield/look/vue/first_error.ts";
import { focusNow } from "@mshield/look/vue/kept_focus.ts";
import type { Say } from "@mshield/look/vue/words.ts";
import type { ShieldError } from "@mshield/shield";
import { shallowRef, useTemplateRef } from "vue";

import { useTask } from "../../engine/task.ts";
import { useFieldErrors } from "./field_errors.ts";

interface Shared {
  readonly phone: string;
  readonly smsCode: string;
  readonly password: string;
}

/** `rules` are those of the fields that only this form has; `t` says the words of `passwordWords`.
 *
 * The template's form has the reference `page`.
 */
export function useIdentityForm<K extends string>(
  form: Readonly<Shared & Record<NoInfer<K>, unknown>>,
  t: Say["t"],
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
  /** What went wrong and is not about a field. */
  const problem = shallowRef<ShieldError | null>(null);

  function checkPhone(): boolean {
    const isRight = check("phone");
    if (!isRight) {
      void focusFirstError(page.value);
    }
    return isRight;
  }

  /** What `work` gives; undefined where a field is wrong, which then has the focus, or the service refused. */
  async function send<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (sending.isBusy.value) {
      return undefined;
    }
    const isThere = focusNow();
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
