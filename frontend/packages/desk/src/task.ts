/** Work of a page at a desk; the session's end leads to the login. */

import { makeTask, type Task } from "@mshield/look/vue/task.ts";

import { isLoggedOut } from "./client.ts";
import { asProblem, Problem } from "./problem.ts";

/** What an application does when a call finds that nobody is logged in any more; `why` is the service's reason. */
export type Leave = (why: Ended) => void | Promise<unknown>;
/**
 * Why a session is over: staff ended it; its holder is nobody here any more; of a member of staff, others disabled them
 * or set up their login anew, or they chose another password elsewhere; or it ended by itself.
 */
export type Ended = "staff" | "filing" | "disabled" | "reset" | "password" | "1";

const REASONS = new Map<unknown, Ended>([
  ["ended_by_staff", "staff"],
  ["disabled", "disabled"],
  ["reset", "reset"],
  ["password_changed", "password"],
]);

let leave: Leave | null = null;
let finds: (error: unknown) => Promise<Ended | null> = () => Promise.resolve(null);

/** `alsoWhere` finds out of other refusals whether they mean the same. */
export function onLoggedOut(act: Leave, alsoWhere: typeof finds = finds): void {
  leave = act;
  finds = alsoWhere;
}

/** Why a refusal means that nobody is logged in; null where it doesn't mean that. */
export function endedBy(error: unknown): Ended | null {
  if (!isLoggedOut(error)) return null;
  return (error instanceof Problem && REASONS.get(error.document["reason"])) || "1";
}

export function useTask(): Task<Problem> {
  return makeTask<Problem>(async (error) => {
    const why = leave === null ? null : (endedBy(error) ?? (await finds(error)));
    if (leave !== null && why !== null) {
      await leave(why);
      return null;
    }
    return asProblem(error);
  });
}
