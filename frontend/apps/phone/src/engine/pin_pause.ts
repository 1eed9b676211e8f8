/**
 * Before the last two tries: the keypad rests after the third wrong PIN and after the fourth, so that nobody locks a shield in
 * a hurry. It outlives the sheet and the page. The service counts; this only slows down.
 */

import { useIntervalFn, useLocalStorage } from "@vueuse/core";
import { computed, type ComputedRef, ref } from "vue";

/** Tries left from which on each is warned of. */
export const WARN_FROM = 2;
export const PAUSE_MS = 30_000;

const until = useLocalStorage<number>("mshield-pin-pause", 0);

/** A wrong PIN was entered, and so many tries are left. */
export function restAfterWrong(left: number | null): void {
  if (left !== null && left <= WARN_FROM) {
    until.value = Date.now() + PAUSE_MS;
  }
}

/** Whole seconds until the keypad comes back. A clock that was set back doesn't lengthen it. */
export function usePinPause(): ComputedRef<number> {
  const now = ref(Date.now());
  useIntervalFn(() => (now.value = Date.now()), 500);
  return computed(() => {
    const left = until.value - now.value;
    return left > 0 && left <= PAUSE_MS ? Math.ceil(left / 1000) : 0;
  });
}
