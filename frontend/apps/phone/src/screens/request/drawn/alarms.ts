/** Reasons for a second confirmation before a document is signed, and the confirmations given. */

import type { Scan, Task } from "@mshield/shield";
import type { Confirmation } from "@mshield/forms";
import { computed, type ComputedRef, reactive, type ShallowRef } from "vue";

import type { Content } from "../confirm/content.ts";

/**
 * Reason for the alarm: the requester's description differs, the content contradicts itself, it is absent, it
 * can't be shown, or its view isn't proven.
 */
export type Alarm = "differs" | "odds" | "absent" | "other" | "unproven";

export interface Alarms {
  of(task: Task): Alarm | null;
  /** Records the kind of the content, once it was read. */
  note(task: Task, kind: Content["kind"]): void;
  confirm(task: Task): void;
  isConfirmed(task: Task): boolean;
  /** Returns the confirmations by `sid`, for the engine. */
  confirmed(): ReadonlyMap<string, Confirmation>;
  /** Documents with a missing confirmation. */
  readonly open: ComputedRef<readonly Task[]>;
}

const WORDS: Readonly<Record<Alarm, Confirmation>> = {
  differs: "mismatch",
  odds: "none",
  absent: "unread",
  other: "unread",
  unproven: "mismatch",
};

export function useAlarms(scanned: ShallowRef<Scan | null>): Alarms {
  const kinds = reactive(new Map<string, Content["kind"]>());
  const confirmed = reactive(new Set<string>());
  const isConfirmed = (task: Task): boolean => confirmed.has(task.sid);

  function of(task: Task): Alarm | null {
    if (scanned.value?.kind === "login") {
      return null;
    }
    if (task.content === null) {
      return "absent";
    }
    if (task.view?.isUnproven) {
      return "unproven";
    }
    if (task.reading?.isMismatch) {
      return "differs";
    }
    if (task.reading?.key?.isAtOdds) {
      return "odds";
    }
    return kinds.get(task.sid) === "other" && !task.view ? "other" : null;
  }

  return {
    of,
    note: (task, kind) => kinds.set(task.sid, kind),
    confirm: (task) => confirmed.add(task.sid),
    isConfirmed,
    confirmed: () => {
      const tasks = (scanned.value?.tasks ?? []).filter(isConfirmed);
      return new Map(tasks.map((task) => [task.sid, WORDS[of(task) ?? "odds"]]));
    },
    open: computed(() =>
      (scanned.value?.tasks ?? []).filter((task) => of(task) !== null && !isConfirmed(task)),
    ),
  };
}
