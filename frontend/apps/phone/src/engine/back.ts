/**
 * The browser's way back, and Android's: it closes what stands over a screen, or goes one step back within it, before it
 * leaves the screen. No entries of the history are made for that, which would be left over by what closes in another way:
 * the router refuses the navigation, and thereby takes the address back to the screen's.
 *
 * What closes stands in order, the topmost last. Where the screen is the document's first the browser leaves without asking.
 */

import { onScopeDispose, watch } from "vue";
import { type RouteLocationNormalized, type Router, START_LOCATION } from "vue-router";

interface Step {
  readonly goBack: () => void;
}

const steps: Step[] = [];

/** As long as `isOpen` says so the way back does this instead; for ever in a component that is there only then. */
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

/** Goes back one such step; false where there is none. */
export function stepBack(): boolean {
  const step = steps.at(-1);
  step?.goBack();
  return step !== undefined;
}

/** Where the router was last. */
let place: number | null = null;

/** For a guard: whether the browser leads there, by back or forward; it has gone already, the app goes only afterwards. */
export function isByBrowser(from: RouteLocationNormalized): boolean {
  return from !== START_LOCATION && placeInHistory() !== place;
}

/** Has the router ask here first. */
export function watchBack(router: Router): void {
  place = placeInHistory();
  router.beforeEach((_to, from) => !(isByBrowser(from) && stepBack()));
  router.afterEach((_to, _from, failure) => {
    if (!failure) {
      place = placeInHistory();
    }
  });
}

/** As the router counts its entries; null before it does. */
function placeInHistory(): number | null {
  return (window.history.state as { position?: number } | null)?.position ?? null;
}
