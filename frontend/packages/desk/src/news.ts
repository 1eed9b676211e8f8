/** Looking again for news, while somebody is there to see them. */

import { useDocumentVisibility, useIdle, useIntervalFn } from "@vueuse/core";

const AWAY_MS = 5 * 60_000;

/** Looks again every so many milliseconds while the page is in sight and somebody has moved or typed of late.
 *
 * Each look counts as use of the login: without this an abandoned desk would stay logged in as long as its page is open.
 */
export function useNews(look: () => unknown, everyMs: number): void {
  const visibility = useDocumentVisibility();
  const { idle } = useIdle(AWAY_MS);
  useIntervalFn(() => {
    if (visibility.value === "visible" && !idle.value) look();
  }, everyMs);
}
