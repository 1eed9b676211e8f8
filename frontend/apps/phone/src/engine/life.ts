/** The app's life on the phone: locked when it was away for long, kept up to date while it is there. */

import { scriptAddress } from "@mshield/look/vue/trusted.ts";

import { router } from "../router.ts";
import { settings } from "../settings.ts";
import { isBiometricOn } from "./biometric.ts";
import { isLocked, lockAtStart, markLocked, watchAbsence } from "./lock.ts";
import { forget } from "./phone.ts";
import { cancelPin } from "./pin_entry.ts";
import { keepSubscribed } from "./push.ts";
import { watchNotifications } from "./push_browser.ts";
import { loadEngine } from "./shield.ts";
import { isUnfinished } from "./unfinished.ts";
import { keepUpToDate } from "./updates.ts";

/** Screens with nothing of the user's. */
const NOTHING_TO_HIDE = /^\/(welcome|locked|faq(\/|$)|me\/about|consent|contact|policies\/)/;

/** Before the first screen opens. */
export async function begin(): Promise<void> {
  // On a new phone there is nothing to lock, and its first screen need not wait for the answer.
  if (settings.isWelcomed) {
    await lockAtStart(isBiometricOn);
  }
}

/** Once the first screen stands. */
export function goOn(): void {
  // Where it fails, the first operation tries again and says so.
  void loadEngine().catch(() => undefined);
  const clocks = { wall: () => Date.now(), steady: () => performance.now() };
  const looking = import.meta.env.PROD && "serviceWorker" in navigator ? startUpdating() : null;
  watchNotifications(
    (path) => void router.push(path),
    () => isUnfinished() || isLocked(),
  );
  void keepSubscribed().catch(() => undefined);
  watchAbsence({ clocks, lock: () => void lock(), back: () => void looking?.then((look) => look()) });
}

/** Clears what was shown, then starts anew, so that nothing of it stays in this page's memory. */
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
  // Only a new document is sure to have forgotten all. Without a service worker it might not come when offline.
  if (navigator.serviceWorker?.controller) {
    location.replace(router.resolve(locked).href);
  }
}

async function startUpdating(): Promise<() => void> {
  const { BASE_URL } = import.meta.env;
  const { look, settle } = await keepUpToDate({
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
