/** Progress of reviewing the documents of a batch that are to be signed. */

import type { Task } from "@mshield/shield";
import { computed, type ComputedRef } from "vue";

import type { Choice } from "./choice.ts";
import { isCompleteInList } from "./rows.ts";

export interface Batch {
  /** Indexes of the reviewed documents: opened, or fully shown in the list, with nothing to confirm. */
  readonly reviewed: ComputedRef<ReadonlySet<number>>;
  /** Number of documents to sign that must still be opened or confirmed. */
  readonly unseen: ComputedRef<number>;
  /** Returns the next of these after an index, otherwise the first; null if none is left. */
  nextAfter(place: number): number | null;
}

export function useBatch(
  tasks: ComputedRef<readonly Task[]>,
  choice: Choice,
  seen: ReadonlySet<number>,
  /** Documents that need a confirmation or have unshown pages. */
  open: ComputedRef<ReadonlySet<Task>>,
): Batch {
  const isReviewed = (task: Task, n: number): boolean =>
    !open.value.has(task) && (seen.has(n) || isCompleteInList(task));
  const reviewed = computed(
    () => new Set(tasks.value.flatMap((task, n) => (isReviewed(task, n) ? [n] : []))),
  );
  const left = computed(() =>
    tasks.value.flatMap((task, n) => (choice.isKept(task) && !reviewed.value.has(n) ? [n] : [])),
  );
  return {
    reviewed,
    unseen: computed(() => left.value.length),
    nextAfter: (place) => left.value.find((n) => n > place) ?? left.value[0] ?? null,
  };
}
