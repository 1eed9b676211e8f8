/** The worker lives while something is under way, and a moment longer. */

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

/** A port to a thread that serves secrets, in place of one of the browser's workers. */
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

test("it starts when it is first needed and ends when its last session has been closed for a moment", async () => {
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

test("what follows at once uses the same, what follows later a new one", async () => {
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

test("one that was only started stays", () => {
  const secrets = new WorkerSecrets(make);
  secrets.start();
  vi.advanceTimersByTime(10 * IDLE_MS);
  expect([started, ended]).toEqual([1, []]);
});

test("a failure ends it too", async () => {
  const secrets = new WorkerSecrets(make);
  const documents = [{ sid: new Uint8Array(3), e: new Uint8Array(32) }];
  await expect(secrets.session({ ...ORDER, documents })).rejects.toThrow();
  vi.advanceTimersByTime(IDLE_MS);
  expect(ended).toEqual([1]);
});
