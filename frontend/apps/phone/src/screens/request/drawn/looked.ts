/**
 * Whether the document on the screen was on it as far as it has to be before it is signed: what a view draws as far as amount
 * and first goods, a text without a view to its end.
 */

import type { Task } from "@mshield/shield";
import { computed, type ComputedRef, reactive } from "vue";

import { isOfPages } from "../confirm/content.ts";
import type { Alarms } from "./alarms.ts";

export interface Looked {
  /** It has been on the screen so far. */
  note(task: Task): void;
  /** A text is signed though its end wasn't on the screen. */
  skip(task: Task): void;
  isSkipped(task: Task): boolean;
  /** For the engine, by `sid`: texts that are signed without having been shown to their end. */
  confirmed(): ReadonlyMap<string, "unread">;
  /** Whether the rest of the document on the screen is to be looked at. */
  readonly isToScroll: ComputedRef<boolean>;
  /** Texts that weren't shown to their end. */
  readonly open: ComputedRef<readonly Task[]>;
}

/** One that stands there as the text it is. A view that isn't proven draws nothing, and has an alarm of its own. */
export const isText = (task: Task): boolean =>
  task.content !== null && task.view === null && !isOfPages(task);

/** `shown` is the document on the screen; of a batch's list a view's needn't be opened at all. */
export function useLooked(
  tasks: ComputedRef<readonly Task[]>,
  shown: ComputedRef<Task | null>,
  alarms: Pick<Alarms, "of" | "isConfirmed">,
): Looked {
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
