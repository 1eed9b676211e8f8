/** Work of a page at a desk; the session's end leads to the login. */

import { makeTask, type Task } from "@mshield/look/vue/task.ts";

import { isLoggedOut } from "./client.ts";
import { asProblem, type Problem } from "./problem.ts";

let leave: (() => void | Promise<unknown>) | null = null;

/** What an application does when a call finds that nobody is logged in any more. */
export function onLoggedOut(act: () => void | Promise<unknown>): void {
  leave = act;
}

export function useTask(): Task<Problem> {
  return makeTask<Problem>(async (error) => {
    if (leave !== null && isLoggedOut(error)) {
      await leave();
      return null;
    }
    return asProblem(error);
  });
}
