/** Runs the calls of a desk page; if the session has ended, opens the login page. */

import { makeTask, type Task } from "@mshield/look/vue/task.ts";

import { isLoggedOut } from "./client.ts";
import { asProblem, Problem } from "./problem.ts";

/** Handler of an ended session; `why` is the service's reason. */
export type LogoutHandler = (why: EndReason) => void | Promise<unknown>;
/**
 * Reason for the end of a session: staff ended it; its holder is no longer registered; a member of staff was
 * disabled, had the login reset by others, or chose another password elsewhere; or it expired.
 */
export type EndReason = "staff" | "filing" | "disabled" | "reset" | "password" | "1";

const REASONS = new Map<unknown, EndReason>([
  ["ended_by_staff", "staff"],
  ["disabled", "disabled"],
  ["reset", "reset"],
  ["password_changed", "password"],
]);

let leave: LogoutHandler | null = null;
let finds: (error: unknown) => Promise<EndReason | null> = () => Promise.resolve(null);

/** Sets the callback; `alsoWhere` recognises other refusals that mean the same. */
export function onLoggedOut(act: LogoutHandler, alsoWhere: typeof finds = finds): void {
  leave = act;
  finds = alsoWhere;
}

/** Returns the reason for the session's end; null for a refusal with another cause. */
export function endReasonOf(error: unknown): EndReason | null {
  if (!isLoggedOut(error)) return null;
  return (error instanceof Problem && REASONS.get(error.document["reason"])) || "1";
}

export function useTask(): Task<Problem> {
  return makeTask<Problem>(async (error) => {
    const why = leave === null ? null : (endReasonOf(error) ?? (await finds(error)));
    if (leave !== null && why !== null) {
      await leave(why);
      return null;
    }
    return asProblem(error);
  });
}
