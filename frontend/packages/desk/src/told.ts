/** The short line of what was just done. Said when it is shown, so that it follows the language. */

import { computed, type ComputedRef, shallowRef } from "vue";

export interface Told {
  /** Empty until something is told. */
  readonly news: ComputedRef<string>;
  tell(say: () => string): void;
}

export function useTold(): Told {
  const last = shallowRef<() => string>(() => "");
  return { news: computed(() => last.value()), tell: (say) => (last.value = say) };
}
