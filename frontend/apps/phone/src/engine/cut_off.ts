/** Whether a piece of work can't be done for want of a network. */

import { useOnline } from "@vueuse/core";
import { computed, type ComputedRef } from "vue";

import type { Task } from "./task.ts";

/** True as soon as the browser knows of no network, and not only when all tries have failed. */
export function useCutOff(task: Pick<Task, "isBusy" | "problem">): ComputedRef<boolean> {
  const isOnline = useOnline();
  return computed(() => task.problem.value?.code === "network" || (!isOnline.value && task.isBusy.value));
}
