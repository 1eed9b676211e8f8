/** Detection of tasks that fail for lack of a network. */

import { useOnline } from "@vueuse/core";
import { computed, type ComputedRef } from "vue";

import type { Task } from "./task.ts";

/**
 * Returns a ref that is true as soon as the browser reports no network, without waiting until all retries
 * have failed.
 */
export function useCutOff(task: Pick<Task, "isBusy" | "problem">): ComputedRef<boolean> {
  const isOnline = useOnline();
  return computed(() => task.problem.value?.code === "network" || (!isOnline.value && task.isBusy.value));
}
