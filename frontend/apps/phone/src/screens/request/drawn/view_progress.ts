/**
 * Tells whether a document was on the screen as far as signing it requires: the drawing of a view down to amount
 * and first goods, a text without a view to its end.
 */

import type { Task } from "@mshield/shield";
import { computed, type ComputedRef, reactive } from "vue";

import { hasPages } from "../confirm/content.ts";
import type { Alarms } from "./alarms.ts";

export interface ViewProgress {
  /** Records that the document has been on the screen that far. */
  note(task: Task): void;
  /** Records that the user signs a text without having seen its end. */
  skip(task: Task): void;
  isSkipped(task: Task): boolean;
  /** Returns, by `sid` for the engine, the texts signed without having been shown to their end. */
  confirmed(): ReadonlyMap<string, "unread">;
  /** True if the user must still scroll through the displayed document. */
  readonly isToScroll: ComputedRef<boolean>;
  /** Texts that weren't shown to their end. */
  readonly open: ComputedRef<readonly Task[]>;
}

/**
 * Returns whether the document is shown as plain text. An unproven view draws nothing, but has an alarm of
 * its own.
 */
export const isText = (task: Task): boolean => task.content !== null && task.view === null && !hasPages(task);

/**
 * Tracks the documents; `shown` is the one on the screen. In a batch, documents drawn by a view needn't be
 * opened.
 */
export function useViewProgress(
  tasks: ComputedRef<readonly Task[]>,
  shown: ComputedRef<Task | null>,
  alarms: Pick<Alarms, "of" | "isConfirmed">,
): ViewProgress {
  const looked = reactive(new Set<string>());
  const skipped = reactive(new Set<string>());
  const isSignature = computed(() => tasks.value.every(({ purpose }) => purpose !== "login"));
  const isOpen = (task: Task): boolean =>
    isSignature.value && alarms.of(task) === null && !looked.has(task.sid) && !skipped.has(task.sid);
  return {
    note: (task) => looked.add(task.sid),
    skip: (task) => skipped.add(task.sid),
    isSkipped: ({ sid }) => skipped.has(sid) && !looked.has(sid),
    confirmed: () =>
      new Map([...skipped].filter((sid) => !looked.has(sid)).map((sid) => [sid, "unread"] as const)),
    isToScroll: computed(() => {
      const task = shown.value;
      if (task === null || !isOpen(task)) {
        return false;
      }
      return isText(task) || (tasks.value.length === 1 && task.view != null && !task.view.isUnproven);
    }),
    open: computed(() => tasks.value.filter((task) => isText(task) && isOpen(task))),
  };
}
