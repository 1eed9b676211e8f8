/** Countdown of a request: the time left, and the end if the user doesn't answer. */

import type { Scan } from "@mshield/shield";
import { useIntervalFn } from "@vueuse/core";
import { computed, type ComputedRef, type Ref, ref, type ShallowRef } from "vue";

import type { RequestActions } from "../request_actions.ts";

const WARN_MS = 10_000;
const LAST_MS = 60_000;

export interface RequestTime {
  readonly now: Ref<number>;
  /** True if the request ends within moments, which is announced. */
  readonly isSoon: ComputedRef<boolean>;
  /** True if a signature request is in its last minute, which is shown. */
  readonly isLast: ComputedRef<boolean>;
}

export function useRequestTime(
  scanned: ShallowRef<Scan | null>,
  { ending, expire }: Pick<RequestActions, "ending" | "expire">,
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
