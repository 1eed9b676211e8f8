/**
 * A forced pause before the last two tries: the keypad is disabled after the third and the fourth wrong PIN,
 * so that nobody locks a shield in a hurry. The pause continues if the sheet or page is closed. The service
 * counts the tries; this only slows them down.
 */

import { useIntervalFn, useLocalStorage } from "@vueuse/core";
import { computed, type ComputedRef, ref } from "vue";

/** Number of remaining tries from which on the app warns before each. */
export const WARN_FROM = 2;
export const PAUSE_MS = 30_000;

const pausedUntil = useLocalStorage<number>("mshield-pin-pause", 0);

/** Starts the pause after a wrong PIN, if few enough tries are left. */
export function pauseAfterWrongPin(left: number | null): void {
  if (left !== null && left <= WARN_FROM) {
    pausedUntil.value = Date.now() + PAUSE_MS;
  }
}

/**
 * Returns the whole seconds until the keypad is enabled. Setting the clock back doesn't lengthen the pause.
 */
export function usePinPause(): ComputedRef<number> {
  const now = ref(Date.now());
  useIntervalFn(() => (now.value = Date.now()), 500);
  return computed(() => {
    const left = pausedUntil.value - now.value;
    return left > 0 && left <= PAUSE_MS ? Math.ceil(left / 1000) : 0;
  });
}
