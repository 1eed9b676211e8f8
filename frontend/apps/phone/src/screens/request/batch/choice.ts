/** Which documents of a batch are signed this time, and why the others aren't. */

import { partsOf, type Scan, type Task } from "@mshield/shield";
import { computed, type ComputedRef, reactive, type ShallowRef, watch } from "vue";

export interface Choice {
  /** By `sid`, for the engine; empty where the whole request is left in the inbox, which asks for no reason. */
  readonly excluded: ReadonlyMap<string, string>;
  readonly kept: ComputedRef<readonly Task[]>;
  readonly leftOut: ComputedRef<readonly Task[]>;
  isKept(task: Pick<Task, "sid">): boolean;
  /** The last one can't be left out: to sign none is a refusal. */
  mayLeaveOut(task: Task): boolean;
  /** Whether leaving it out leaves its whole request for later, and nobody is told a reason. */
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

/** What the service takes for a reason: one line that can be read, of 200 characters at most. */
export function asReason(text: string): string | null {
  const line = text.trim().split(/\s+/u).join(" ");
  // oxlint-disable-next-line no-control-regex -- they are what is refused
  const isPlain = !/[\p{C}\u2028\u2029]/u.test(line);
  return line !== "" && [...line].length <= MOST_REASON && isPlain ? line : null;
}

export const MOST_REASON = 200;
