/**
 * The SMS code of a data page. Its error is shown only after an attempt to send, and disappears with the next
 * code.
 */

import { computed, type ComputedRef, ref, type Ref } from "vue";

export interface CodeField {
  /** Text key of the error, or null. */
  readonly wrong: ComputedRef<"smsMissing" | "smsRefused" | null>;
  /** Text key of the error; null until errors are shown. */
  readonly error: ComputedRef<"smsMissing" | "smsRefused" | null>;
  /** Shows errors from now on. */
  showErrors(): void;
  /** Marks this code as refused by the service. */
  refuse(): void;
  /** Removes the error, since a new code was sent. */
  renew(): void;
}

export function useCodeField(typed: Ref<string>): CodeField {
  const [isShowingErrors, refused, isNew] = [ref(false), ref(""), ref(false)];
  const wrong = computed(() => {
    if (!/^[0-9]{6}$/.test(typed.value)) {
      return "smsMissing";
    }
    return typed.value === refused.value ? "smsRefused" : null;
  });
  return {
    wrong,
    error: computed(() => (isShowingErrors.value && !isNew.value ? wrong.value : null)),
    showErrors: () => ([isShowingErrors.value, isNew.value] = [true, false]),
    refuse: () => (refused.value = typed.value),
    renew: () => (isNew.value = true),
  };
}
