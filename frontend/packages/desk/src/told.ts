/** The short line of what was just done. Said when it is shown, so that it follows the language. */

import { computed, type ComputedRef, shallowRef } from "vue";

export interface Told {
  /** Empty until something is told. */
  readonly told: ComputedRef<string>;
  tell(say: () => string): void;
}

export function useTold(): Told {
  const last = shallowRef<() => string>(() => "");
  return { told: computed(() => last.value()), tell: (say) => (last.value = say) };
}
