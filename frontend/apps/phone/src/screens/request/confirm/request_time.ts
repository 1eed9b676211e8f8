/** The time of a request on the screen: how little is left of it, and its end where nobody answers. */

import type { Scan } from "@mshield/shield";
import { useIntervalFn } from "@vueuse/core";
import { computed, type ComputedRef, type Ref, ref, type ShallowRef } from "vue";

import type { Answering } from "../answering.ts";

const WARN_MS = 10_000;
const LAST_MS = 60_000;

export interface RequestTime {
  readonly now: Ref<number>;
  /** It ends in a moment, which is said. */
  readonly isSoon: ComputedRef<boolean>;
  /** Of a signature: its last minute, which is shown. */
  readonly isLast: ComputedRef<boolean>;
}

export function useRequestTime(
  scanned: ShallowRef<Scan | null>,
  { ending, expire }: Pick<Answering, "ending" | "expire">,
): RequestTime {
  const now = ref(Date.now());
  useIntervalFn(async () => {
    now.value = Date.now();
    if (scanned.value && ending.value === null && now.value >= scanned.value.expiresAt) {
      await expire();
    }
  }, 1000);
  const isSoon = computed(() => {
    const left = (scanned.value?.expiresAt ?? 0) - now.value;
    return ending.value === null && left > 0 && left <= WARN_MS;
  });
  const isLast = computed(
    () => scanned.value?.kind !== "login" && (scanned.value?.expiresAt ?? Infinity) - now.value <= LAST_MS,
  );
  return { now, isSoon, isLast };
}
