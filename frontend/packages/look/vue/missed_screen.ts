/** A screen that one went to and that didn't open: its file could not be fetched, or another version is there now. */

import { ref, type Ref } from "vue";
import type { Router } from "vue-router";

const missed = ref<string | null>(null);

/** Its address, until another screen opens. */
export const missedScreen: Readonly<Ref<string | null>> = missed;

export function watchScreens(router: Router): void {
  router.onError((_error, to) => (missed.value = router.resolve(to).href));
  router.afterEach(() => (missed.value = null));
}
