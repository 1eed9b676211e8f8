/**
 * The lock. After five minutes in the background nothing that was displayed stays in memory. While the app is
 * in the background, a curtain covers it, so that the app switcher's preview shows nothing.
 */

import { Absence, type Clocks, isLockedAtStart, LOCK_AFTER_MS } from "./absence.ts";

/** Storage key of the time when the app was last left, for the next start; absent once it is locked. */
const LEFT = "mshield-left";
const CURTAIN = "curtained";

/** Functions that the lock needs of the app and the browser; tests pass their own. */
export interface Locking {
  readonly clocks: Clocks;
  /** Clears the display and opens the lock screen. */
  readonly lock: () => void;
  /** Called when the app is visible again and wasn't locked. */
  readonly back: () => void;
}

let isLockedNow = false;

/** Starts watching for the app going to the background and returning. */
export function watchAbsence({ clocks, lock, back }: Locking): void {
  const absence = new Absence(clocks);
  let timer: ReturnType<typeof setTimeout> | undefined;

  function leave(): void {
    document.documentElement.classList.add(CURTAIN);
    if (!absence.isAway && !isLockedNow) {
      localStorage.setItem(LEFT, String(clocks.wall()));
    }
    absence.leave();
    // If timers run in the background, lock there already, not only when the app is visible again.
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
  // Old Safari hides a page without a `visibilitychange` event, and a frozen page may receive no further
  // event.
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", ({ persisted }) => persisted && comeBack());
  document.addEventListener("freeze", leave);
  document.addEventListener("resume", comeBack);
}

/** Lets only the lock screen open, until `unlock`. */
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

/**
 * Locks the app at its start if it was left long ago and `asks` returns true (fingerprint is switched on).
 */
export async function lockAtStart(asks: () => Promise<boolean>): Promise<void> {
  const left = localStorage.getItem(LEFT);
  if (isLockedAtStart(left === null ? null : Number(left), Date.now()) && (await asks())) {
    markLocked();
  }
}
