/**
 * A serious act requires the second factor again: a dialog over the present page, then the act is sent again.
 */

import { shallowRef } from "vue";

interface Waiting {
  readonly done: (isShown: boolean) => void;
}

/** Open question for the second factor, which the root component's dialog answers; null if there is none. */
export const openQuestion = shallowRef<Waiting | null>(null);
let running: Promise<boolean> | null = null;

/**
 * Reports whether the refusal was for lack of the second factor, which was then given. Simultaneous calls
 * share one dialog.
 */
export function renewSecondFactor(refusal: unknown): Promise<boolean> {
  if ((refusal as { readonly code?: unknown } | null)?.code !== "second_factor_needed") {
    return Promise.resolve(false);
  }
  running ??= new Promise<boolean>((resolve) => {
    openQuestion.value = {
      done(isShown) {
        openQuestion.value = null;
        running = null;
        resolve(isShown);
      },
    };
  });
  return running;
}
