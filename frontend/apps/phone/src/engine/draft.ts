/**
 * A form that was left for help and is come back to: kept in this page's memory alone, until it was sent, or anything else than
 * help is opened. A reload forgets it on purpose: it is how the lock clears what somebody entered (`life.ts`), and id number
 * and phone number stand in no storage; the form says so.
 */

import { reactive } from "vue";
import type { Router } from "vue-router";

/** Screens that explain; the way back from them leads to the form. */
const HELP = /^\/(faq(\/|$)|me\/about$|legal(\/|$)|contact$|policies\/)/;
const drafts = new Map<string, object>();
const watched = new WeakSet<Router>();

/** The form at this path as it was left, or a fresh one. */
export function useDraft<T extends object>(router: Router, path: string, fresh: T): T {
  if (!watched.has(router)) {
    watched.add(router);
    router.afterEach((to, _from, failure) => {
      // The way back closed something that stood over the form.
      if (failure) return;
      for (const at of drafts.keys()) {
        if (to.path !== at && !HELP.test(to.path)) {
          drafts.delete(at);
        }
      }
    });
  }
  const form = (drafts.get(path) as T | undefined) ?? reactive(fresh);
  drafts.set(path, form);
  return form as T;
}

/** Once it was sent. */
export function dropDraft(path: string): void {
  drafts.delete(path);
}
