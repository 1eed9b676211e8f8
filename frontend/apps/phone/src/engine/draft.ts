/**
 * Drafts of forms that the user leaves to read a help page and then returns to. They are only in this page's
 * memory, until the form is sent or a page other than help is opened. A reload drops them on purpose: the
 * lock relies on it to clear entered data (`lifecycle.ts`), and neither ID number nor phone number is ever stored.
 * The form tells the user so.
 */

import { reactive } from "vue";
import type { Router } from "vue-router";

/** Help screens; the way back from them leads to the form. */
const HELP = /^\/(faq(\/|$)|me\/about$|legal(\/|$)|contact$|policies\/)/;
const drafts = new Map<string, object>();
const watched = new WeakSet<Router>();

/** Returns the draft of the form at this path, or `fresh` if there is none. */
export function useDraft<T extends object>(router: Router, path: string, fresh: T): T {
  if (!watched.has(router)) {
    watched.add(router);
    router.afterEach((to, _from, failure) => {
      // The back button only closed an overlay above the form.
      if (failure) return;
      for (const draftPath of drafts.keys()) {
        if (to.path !== draftPath && !HELP.test(to.path)) {
          drafts.delete(draftPath);
        }
      }
    });
  }
  const form = (drafts.get(path) as T | undefined) ?? reactive(fresh);
  drafts.set(path, form);
  return form as T;
}

/** Drops a draft, once the form is sent. */
export function dropDraft(path: string): void {
  drafts.delete(path);
}
