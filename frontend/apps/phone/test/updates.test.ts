// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";

import { isUpdateReady, watchForUpdates, installUpdate } from "../src/engine/updates.ts";

const HOUR = 60 * 60 * 1000;

/** Simulates the service workers that a page sees. */
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
  return { workers, at, reload, updating: watchForUpdates(browser) };
}

test("it is registered only for the app's addresses", async () => {
  const { workers, updating } = begun();
  await updating;
  expect(workers.register).toHaveBeenCalledWith("/app/sw.js", { scope: "/app/", updateViaCache: "none" });
});

test("a new version is offered, installed on request, and loaded when nothing would be lost", async () => {
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
  installUpdate();
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

test("without a service worker the app works too", async () => {
  const { look, settle } = await begun(null, (workers) =>
    workers.register.mockRejectedValue(new TypeError("lost")),
  ).updating;
  expect([look(), settle()]).toEqual([undefined, undefined]);
});

test("the first service worker isn't a new version", async () => {
  const { workers, reload, updating } = begun(null);
  await updating;
  workers.dispatchEvent(new Event("controllerchange"));
  expect(reload).not.toHaveBeenCalled();
});

test("it is checked at most once an hour, and a failure is ignored", async () => {
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
