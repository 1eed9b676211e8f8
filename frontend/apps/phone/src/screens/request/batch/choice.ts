/** The user's choice of which documents of a batch to sign, with reasons for excluding the others. */

import { partsOf, type Scan, type Task } from "@mshield/shield";
import { computed, type ComputedRef, reactive, type ShallowRef, watch } from "vue";

export interface Choice {
  /**
   * Reasons by `sid`, for the engine; empty for a request that is left in the inbox as a whole, which needs
   * no reason.
   */
  readonly excluded: ReadonlyMap<string, string>;
  readonly kept: ComputedRef<readonly Task[]>;
  readonly leftOut: ComputedRef<readonly Task[]>;
  isKept(task: Pick<Task, "sid">): boolean;
  /** Returns whether the document can be excluded. The last one can't: signing none means declining. */
  mayLeaveOut(task: Task): boolean;
  /** Returns whether excluding the document leaves its whole request for later, so that no reason is sent. */
  isWholeRequest(task: Pick<Task, "sid">): boolean;
  leaveOut(task: Task, reason: string): void;
  keep(task: Task): void;
}

export function useChoice(scanned: ShallowRef<Scan | null>): Choice {
  const excluded = reactive(new Map<string, string>());
  const tasks = computed(() => scanned.value?.tasks ?? []);
  const isKept = ({ sid }: Pick<Task, "sid">): boolean => !excluded.has(sid);
  const kept = computed(() => tasks.value.filter(isKept));

  watch(
    () => scanned.value?.requestId,
    () => excluded.clear(),
  );

  return {
    excluded,
    kept,
    leftOut: computed(() => tasks.value.filter((task) => !isKept(task))),
    isKept,
    mayLeaveOut: (task) => isKept(task) && kept.value.length > 1,
    isWholeRequest: ({ sid }) => {
      const parts = scanned.value ? partsOf(scanned.value) : [];
      const own = parts.find(({ sids }) => sids.includes(sid));
      return parts.length > 1 && own?.sids.length === 1;
    },
    leaveOut(task, reason) {
      if (this.mayLeaveOut(task)) {
        excluded.set(task.sid, reason);
      }
    },
    keep: ({ sid }) => excluded.delete(sid),
  };
}

/**
 * Returns the reason in the form the service accepts, one line of printable text of 1 to 200 characters; null
 * if it isn't valid.
 */
export function asReason(text: string): string | null {
  const line = text.trim().split(/\s+/u).join(" ");
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  const isPlain = !/[\p{C}\u2028\u2029]/u.test(line);
  return line !== "" && [...line].length <= MOST_REASON && isPlain ? line : null;
}

export const MOST_REASON = 200;
