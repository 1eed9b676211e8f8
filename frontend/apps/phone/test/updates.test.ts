// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";

import { isUpdateReady, keepUpToDate, takeUpdate } from "../src/engine/updates.ts";

const HOUR = 60 * 60 * 1000;

/** Service workers as a page sees them. */
class Workers extends EventTarget {
  controller: unknown = {};
  registration = Object.assign(new EventTarget(), {
    waiting: null as unknown,
    installing: null as unknown,
    update: vi.fn(async () => undefined),
  });
  register = vi.fn(async () => this.registration);
}

function begun(controller: unknown = {}, prepare: (workers: Workers) => void = () => undefined) {
  const workers = new Workers();
  workers.controller = controller;
  prepare(workers);
  const at = { now: 0, isBusy: false };
  const reload = vi.fn();
  const browser = {
    workers: workers as never,
    address: "/app/sw.js",
    scope: "/app/",
    now: () => at.now,
    isBusy: () => at.isBusy,
    reload,
  };
  return { workers, at, reload, updating: keepUpToDate(browser) };
}

test("it is registered for the app's addresses alone", async () => {
  const { workers, updating } = begun();
  await updating;
  expect(workers.register).toHaveBeenCalledWith("/app/sw.js", { scope: "/app/", updateViaCache: "none" });
});

test("a new version is offered, taken when the user says so, and loaded when nothing is lost by it", async () => {
  const { workers, at, reload, updating } = begun();
  const { settle } = await updating;
  const worker = Object.assign(new EventTarget(), { state: "installing", postMessage: vi.fn() });
  workers.registration.installing = worker;
  workers.registration.dispatchEvent(new Event("updatefound"));
  worker.dispatchEvent(new Event("statechange"));
  expect(isUpdateReady.value).toBe(false);
  worker.state = "installed";
  worker.dispatchEvent(new Event("statechange"));
  expect(isUpdateReady.value).toBe(true);
  expect(worker.postMessage).not.toHaveBeenCalled();
  takeUpdate();
  expect(worker.postMessage).toHaveBeenCalledWith("take-over");
  at.isBusy = true;
  workers.dispatchEvent(new Event("controllerchange"));
  settle();
  expect(reload).not.toHaveBeenCalled();
  at.isBusy = false;
  settle();
  settle();
  expect(reload).toHaveBeenCalledTimes(1);
});

test("where none can be registered the app goes on without", async () => {
  const { look, settle } = await begun(null, (workers) =>
    workers.register.mockRejectedValue(new TypeError("lost")),
  ).updating;
  expect([look(), settle()]).toEqual([undefined, undefined]);
});

test("the first service worker is no new version", async () => {
  const { workers, reload, updating } = begun(null);
  await updating;
  workers.dispatchEvent(new Event("controllerchange"));
  expect(reload).not.toHaveBeenCalled();
});

test("it is looked for at most once an hour, and a failure is no error", async () => {
  const { workers, at, updating } = begun();
  const { look } = await updating;
  workers.registration.update.mockRejectedValue(new Error("offline"));
  at.now = HOUR - 1;
  look();
  expect(workers.registration.update).not.toHaveBeenCalled();
  at.now = HOUR;
  look();
  look();
  expect(workers.registration.update).toHaveBeenCalledTimes(1);
});
