/**
 * Lifecycle of the app on the phone: it locks after a long absence, and stays up to date while it is open.
 */

import { scriptAddress } from "@mshield/look/vue/trusted.ts";

import { router } from "../router.ts";
import { settings } from "../settings.ts";
import { isBiometricOn } from "./biometric.ts";
import { isLocked, lockAtStart, markLocked, watchAbsence } from "./lock.ts";
import { forget } from "./phone.ts";
import { cancelPin } from "./pin_entry.ts";
import { renewSubscription } from "./push.ts";
import { watchNotifications } from "./push_browser.ts";
import { loadEngine } from "./shield.ts";
import { isUnfinished } from "./unfinished.ts";
import { watchForUpdates } from "./updates.ts";

/** Screens that show no user data. */
const NOTHING_TO_HIDE = /^\/(welcome|locked|faq(\/|$)|me\/about|consent|contact|policies\/)/;

/** Runs before the first screen opens. */
export async function prepareApp(): Promise<void> {
  // A phone that has never been welcomed has nothing to lock, so its first screen needn't wait.
  if (settings.isWelcomed) {
    await lockAtStart(isBiometricOn);
  }
}

/** Runs once the first screen is shown. */
export function startBackgroundWork(): void {
  // If this fails, the first operation retries and reports the error.
  void loadEngine().catch(() => undefined);
  const clocks = { wall: () => Date.now(), steady: () => performance.now() };
  const looking = import.meta.env.PROD && "serviceWorker" in navigator ? startUpdating() : null;
  watchNotifications(
    (path) => void router.push(path),
    () => isUnfinished() || isLocked(),
  );
  void renewSubscription().catch(() => undefined);
  watchAbsence({ clocks, lock: () => void lock(), back: () => void looking?.then((look) => look()) });
}

/** Clears the display and reloads the document, so that no user data stays in memory. */
async function lock(): Promise<void> {
  const { path, fullPath } = router.currentRoute.value;
  if (NOTHING_TO_HIDE.test(path)) {
    return;
  }
  markLocked();
  cancelPin();
  forget();
  const locked = { name: "locked", query: { next: fullPath } };
  await router.replace(locked);
  // Only a new document is sure to have an empty memory. Without a service worker it might not load when
  // offline.
  if (navigator.serviceWorker?.controller) {
    location.replace(router.resolve(locked).href);
  }
}

async function startUpdating(): Promise<() => void> {
  const { BASE_URL } = import.meta.env;
  const { look, settle } = await watchForUpdates({
    workers: navigator.serviceWorker,
    address: scriptAddress(`${BASE_URL}sw.js`),
    scope: BASE_URL,
    now: () => Date.now(),
    reload: () => location.reload(),
    isBusy: isUnfinished,
  });
  router.afterEach(settle);
  return look;
}
