/** A grave act asks for the second factor again: a dialog over whatever page it is, then the act is sent once more. */

import { shallowRef } from "vue";

interface Waiting {
  readonly done: (isShown: boolean) => void;
}

/** What the dialog of the root waits for; null while nothing asks. */
export const asked = shallowRef<Waiting | null>(null);
let running: Promise<boolean> | null = null;

/** Whether the refusal was for want of the second factor, and it was shown since. Calls at once share one dialog. */
export function secondFactorAgain(refusal: unknown): Promise<boolean> {
  if ((refusal as { readonly code?: unknown } | null)?.code !== "second_factor_needed") {
    return Promise.resolve(false);
  }
  running ??= new Promise<boolean>((resolve) => {
    asked.value = {
      done(isShown) {
        asked.value = null;
        running = null;
        resolve(isShown);
      },
    };
  });
  return running;
}
