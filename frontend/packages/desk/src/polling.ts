/** Polling for news while somebody is there to see them. */

import { useDocumentVisibility, useIdle, useIntervalFn } from "@vueuse/core";

const AWAY_MS = 5 * 60_000;

/**
 * Polls at this interval while the page is visible and the user has recently moved or typed.
 *
 * Each poll counts as use of the login: otherwise an abandoned desk would stay logged in while its page is
 * open.
 */
export function usePolling(look: () => unknown, everyMs: number): void {
  const visibility = useDocumentVisibility();
  const { idle } = useIdle(AWAY_MS);
  useIntervalFn(() => {
    if (visibility.value === "visible" && !idle.value) look();
  }, everyMs);
}
