/** The SMS code of a data page: what is wrong of it, told only after an attempt to send, and over with the next code. */

import { computed, type ComputedRef, ref, type Ref } from "vue";

export interface CodeField {
  /** The name of the words that say what is wrong, or null. */
  readonly wrong: ComputedRef<"smsMissing" | "smsRefused" | null>;
  /** The same, while it is told. */
  readonly error: ComputedRef<"smsMissing" | "smsRefused" | null>;
  /** From now on it is told. */
  tell(): void;
  /** What the service said of this code. */
  refuse(): void;
  /** A new one was sent. */
  renew(): void;
}

export function useCodeField(typed: Ref<string>): CodeField {
  const [isTold, refused, isNew] = [ref(false), ref(""), ref(false)];
  const wrong = computed(() => {
    if (!/^[0-9]{6}$/.test(typed.value)) {
      return "smsMissing";
    }
    return typed.value === refused.value ? "smsRefused" : null;
  });
  return {
    wrong,
    error: computed(() => (isTold.value && !isNew.value ? wrong.value : null)),
    tell: () => ([isTold.value, isNew.value] = [true, false]),
    refuse: () => (refused.value = typed.value),
    renew: () => (isNew.value = true),
  };
}
