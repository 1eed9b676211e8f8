/** Countdown in seconds, such as until the next SMS code. */

import { useIntervalFn } from "@vueuse/core";
import { computed, type ComputedRef, ref } from "vue";

export interface Countdown {
  readonly left: ComputedRef<number>;
  start(seconds: number): void;
}

export function useCountdown(): Countdown {
  const until = ref(0);
  const now = ref(Date.now());
  const clock = useIntervalFn(tick, 250, { immediate: false });

  function tick(): void {
    now.value = Date.now();
    if (now.value >= until.value) clock.pause();
  }

  function start(seconds: number): void {
    now.value = Date.now();
    until.value = now.value + seconds * 1000;
    clock.resume();
  }

  return { left: computed(() => Math.max(0, Math.ceil((until.value - now.value) / 1000))), start };
}
