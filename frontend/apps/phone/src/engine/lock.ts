/**
 * The lock: after five minutes in the background nothing that was shown stays in memory, and while the app is in the
 * background a curtain stands before it, so that the app switcher's picture shows nothing.
 */

import { Absence, type Clocks, isLockedAtStart, LOCK_AFTER_MS } from "./absence.ts";

/** When the app was last left, for one that starts anew: a time or, once locked, nothing. */
const LEFT = "mshield-left";
const CURTAIN = "curtained";

/** What this needs of the app and the browser; tests give their own. */
export interface Locking {
  readonly clocks: Clocks;
  /** Clears what was shown and leads to the lock's screen. */
  readonly lock: () => void;
  /** The app is to be seen again and was not locked. */
  readonly back: () => void;
}

let isLockedNow = false;

/** Watches over the page's life from now on. */
export function watchAbsence({ clocks, lock, back }: Locking): void {
  const absence = new Absence(clocks);
  let timer: ReturnType<typeof setTimeout> | undefined;

  function leave(): void {
    document.documentElement.classList.add(CURTAIN);
    if (!absence.isAway && !isLockedNow) {
      localStorage.setItem(LEFT, String(clocks.wall()));
    }
    absence.leave();
    // Where timers go on in the background, it locks there, and not when it is seen again.
    timer ??= setTimeout(lockIfLong, LOCK_AFTER_MS);
  }

  function lockIfLong(): boolean {
    timer = undefined;
    if (!absence.isLong) {
      return false;
    }
    absence.comeBack();
    lock();
    return true;
  }

  function comeBack(): void {
    if (document.visibilityState === "hidden") {
      return;
    }
    clearTimeout(timer);
    const hasLocked = lockIfLong();
    absence.comeBack();
    document.documentElement.classList.remove(CURTAIN);
    if (!hasLocked) {
      back();
    }
  }

  document.addEventListener("visibilitychange", () =>
    document.visibilityState === "hidden" ? leave() : comeBack(),
  );
  // Old Safari hides a page without saying so first; a frozen one may never hear of anything again.
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", ({ persisted }) => persisted && comeBack());
  document.addEventListener("freeze", leave);
  document.addEventListener("resume", comeBack);
}

/** Nothing but the lock's screen opens until `unlock`. */
export function markLocked(): void {
  isLockedNow = true;
  localStorage.removeItem(LEFT);
}

export function unlock(): void {
  isLockedNow = false;
  localStorage.setItem(LEFT, String(Date.now()));
}

export function isLocked(): boolean {
  return isLockedNow;
}

/** At the start: one who left long ago finds it locked where `asks` (the fingerprint) is to be asked. */
export async function lockAtStart(asks: () => Promise<boolean>): Promise<void> {
  const left = localStorage.getItem(LEFT);
  if (isLockedAtStart(left === null ? null : Number(left), Date.now()) && (await asks())) {
    markLocked();
  }
}
