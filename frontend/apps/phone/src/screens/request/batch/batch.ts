/** What still hinders the signature of a batch, of the documents that are to be signed. */

import type { Task } from "@mshield/shield";
import { computed, type ComputedRef } from "vue";

import type { Choice } from "./choice.ts";
import { standsInList } from "./rows.ts";

export interface Batch {
  /** Places of documents of which nothing more is asked: opened, or whole in the list, and nothing to confirm. */
  readonly reviewed: ComputedRef<ReadonlySet<number>>;
  /** How many of those that are to be signed want to be opened or confirmed. */
  readonly unseen: ComputedRef<number>;
  /** The next of these after this place, else the first; null where none is left. */
  nextAfter(place: number): number | null;
}

export function useBatch(
  tasks: ComputedRef<readonly Task[]>,
  choice: Choice,
  seen: ReadonlySet<number>,
  /** Documents that want a confirmation, or pages that weren't shown. */
  open: ComputedRef<ReadonlySet<Task>>,
): Batch {
  const isReviewed = (task: Task, n: number): boolean =>
    !open.value.has(task) && (seen.has(n) || standsInList(task));
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
