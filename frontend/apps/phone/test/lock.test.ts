// @vitest-environment happy-dom
import { beforeEach, describe, expect, test, vi } from "vitest";

import { LOCK_AFTER_MS } from "../src/engine/absence.ts";
import { isLocked, lockAtStart, markLocked, unlock, watchAbsence } from "../src/engine/lock.ts";

const at = { wall: 0, steady: 0 };
const lock = vi.fn();
const back = vi.fn();
vi.useFakeTimers();
watchAbsence({ clocks: { wall: () => at.wall, steady: () => at.steady }, lock, back });

function show(state: "visible" | "hidden"): void {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

function isCurtained(): boolean {
  return document.documentElement.classList.contains("curtained");
}

beforeEach(() => {
  unlock();
  show("visible");
  vi.clearAllMocks();
  localStorage.clear();
});

describe("in the background", () => {
  test("a curtain covers the page, and is removed if it returns in time", () => {
    show("hidden");
    expect(isCurtained()).toBe(true);
    at.wall += LOCK_AFTER_MS - 1;
    show("visible");
    expect([isCurtained(), lock.mock.calls.length, back.mock.calls.length]).toEqual([false, 0, 1]);
  });

  test("it locks on a late return, even if no timer ran", () => {
    show("hidden");
    at.wall += LOCK_AFTER_MS;
    show("visible");
    expect([lock.mock.calls.length, back.mock.calls.length]).toEqual([1, 0]);
  });

  test("it locks there if timers run, once", () => {
    show("hidden");
    at.wall += LOCK_AFTER_MS;
    at.steady += LOCK_AFTER_MS;
    vi.advanceTimersByTime(LOCK_AFTER_MS);
    expect(lock).toHaveBeenCalledTimes(1);
    expect(isCurtained()).toBe(true);
    show("visible");
    expect(lock).toHaveBeenCalledTimes(1);
  });

  test("a frozen page that resumes is treated like one that returns", () => {
    document.dispatchEvent(new Event("freeze"));
    at.steady += LOCK_AFTER_MS;
    document.dispatchEvent(new Event("resume"));
    expect(lock).toHaveBeenCalledTimes(1);
  });

  test("a page that leaves only by pagehide returns by pageshow", () => {
    window.dispatchEvent(new Event("pagehide"));
    expect(isCurtained()).toBe(true);
    at.wall += LOCK_AFTER_MS;
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    expect([isCurtained(), lock.mock.calls.length]).toEqual([false, 1]);
  });
});

describe("at the start", () => {
  test("it locks if it was left long ago or at an unknown time, provided there is a check to unlock it", async () => {
    await lockAtStart(async () => false);
    expect(isLocked()).toBe(false);
    await lockAtStart(async () => true);
    expect(isLocked()).toBe(true);
  });

  test("it doesn't lock if it was left just now", async () => {
    at.wall = Date.now();
    show("hidden");
    await lockAtStart(async () => true);
    expect(isLocked()).toBe(false);
  });

  test("a locked app stays locked when it is left again", async () => {
    markLocked();
    at.wall = Date.now();
    show("hidden");
    expect(localStorage.getItem("mshield-left")).toBeNull();
  });
});
