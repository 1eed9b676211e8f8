/** The short line about what was just done. It is built when displayed, so that it follows the language. */

import { computed, type ComputedRef, shallowRef } from "vue";

export interface Notice {
  /** Empty until something is reported. */
  readonly news: ComputedRef<string>;
  tell(say: () => string): void;
}

export function useNotice(): Notice {
  const last = shallowRef<() => string>(() => "");
  return { news: computed(() => last.value()), tell: (say) => (last.value = say) };
}
