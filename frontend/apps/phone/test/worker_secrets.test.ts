/** The worker runs while it is in use, and shortly after. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { serveSecrets } from "../../../packages/shield/src/serve_secrets.ts";
import { IDLE_MS, WorkerSecrets } from "../src/engine/worker_secrets.ts";

const ORDER = {
  uid: new Uint8Array(16),
  epoch: 0,
  documents: [{ sid: new Uint8Array(16), e: new Uint8Array(32) }],
};
const ended: number[] = [];
let started = 0;

/** Simulates a worker by a port to a thread that serves secrets. */
function make(): Worker {
  const { port1, port2 } = new MessageChannel();
  const number = ++started;
  serveSecrets(port1);
  return Object.assign(port2, {
    terminate: () => {
      ended.push(number);
      port1.close();
    },
  }) as unknown as Worker;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  started = 0;
  ended.length = 0;
});
afterEach(() => vi.useRealTimers());

test("it starts at first use and ends shortly after its last session is closed", async () => {
  const secrets = new WorkerSecrets(make);
  expect(started).toBe(0);
  const [one, other] = [await secrets.session(ORDER), await secrets.session(ORDER)];
  one.close();
  one.close();
  vi.advanceTimersByTime(10 * IDLE_MS);
  expect(ended).toEqual([]);
  other.close();
  vi.advanceTimersByTime(IDLE_MS - 1);
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ended).toEqual([1]);
});

test("a use shortly after shares the worker, a later one starts a new one", async () => {
  const secrets = new WorkerSecrets(make);
  (await secrets.session(ORDER)).close();
  vi.advanceTimersByTime(IDLE_MS - 1);
  const second = await secrets.session(ORDER);
  vi.advanceTimersByTime(10 * IDLE_MS);
  expect([started, ended]).toEqual([1, []]);
  second.close();
  vi.advanceTimersByTime(IDLE_MS);
  const third = await secrets.session(ORDER);
  expect([started, ended, third.items.length]).toEqual([2, [1], 1]);
  third.close();
});

test("a worker that was only started keeps running", () => {
  const secrets = new WorkerSecrets(make);
  secrets.start();
  vi.advanceTimersByTime(10 * IDLE_MS);
  expect([started, ended]).toEqual([1, []]);
});

test("a failed use ends it too", async () => {
  const secrets = new WorkerSecrets(make);
  const documents = [{ sid: new Uint8Array(3), e: new Uint8Array(32) }];
  await expect(secrets.session({ ...ORDER, documents })).rejects.toThrow();
  vi.advanceTimersByTime(IDLE_MS);
  expect(ended).toEqual([1]);
});
