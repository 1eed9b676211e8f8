/**
 * Handling of the browser's and Android's back button: it closes an overlay, or goes one step back within the
 * screen, before it leaves the screen. This adds no history entries, since they would remain when an overlay
 * is closed in another way. Instead, the router refuses the navigation, which restores the screen's address.
 *
 * The steps form a stack with the topmost overlay last. If the screen is the first entry of the document, the
 * browser leaves it without asking.
 */

import { onScopeDispose, watch } from "vue";
import { type RouteLocationNormalized, type Router, START_LOCATION } from "vue-router";

interface Step {
  readonly goBack: () => void;
}

const steps: Step[] = [];

/**
 * Makes the back button call `goBack` while `isOpen` returns true. By default that is as long as the
 * component exists.
 */
export function useBackStep(goBack: () => void, isOpen: () => boolean = () => true): void {
  const step = { goBack };
  const leave = (): void => {
    const at = steps.indexOf(step);
    if (at >= 0) {
      steps.splice(at, 1);
    }
  };
  watch(
    isOpen,
    (is) => {
      leave();
      if (is) {
        steps.push(step);
      }
    },
    { immediate: true, flush: "sync" },
  );
  onScopeDispose(leave);
}

/** Goes back one step of the stack. Returns false if there is none. */
export function stepBack(): boolean {
  const step = steps.at(-1);
  step?.goBack();
  return step !== undefined;
}

/** The router's last position in the history. */
let place: number | null = null;

/**
 * Returns, within a navigation guard, whether the browser's back or forward button caused the navigation. The
 * browser has then moved in the history already; the app moves only after the guards.
 */
export function isByBrowser(from: RouteLocationNormalized): boolean {
  return from !== START_LOCATION && placeInHistory() !== place;
}

/** Makes the router consult the stack of steps before each navigation. */
export function watchBack(router: Router): void {
  place = placeInHistory();
  router.beforeEach((_to, from) => !(isByBrowser(from) && stepBack()));
  router.afterEach((_to, _from, failure) => {
    if (!failure) {
      place = placeInHistory();
    }
  });
}

/** Returns the router's number of the current history entry; null before the router has set one. */
function placeInHistory(): number | null {
  return (window.history.state as { position?: number } | null)?.position ?? null;
}
