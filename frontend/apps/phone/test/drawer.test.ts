// @vitest-environment happy-dom
/** The worker that reads documents; failing to load its file says nothing about the content. */

import { NetworkError, type Task } from "@mshield/shield";
import { afterEach, expect, test, vi } from "vitest";

vi.mock("../src/screens/request/drawn/drawing_worker.ts?worker&url", () => ({ default: "/app/drawing.js" }));
vi.mock("@mshield/look/vue/trusted.ts", () => ({ scriptAddress: (address: string) => address }));

const { openDrawing, readInWorker } = await import("../src/screens/request/drawn/drawer.ts");
const ORDER = { kind: null, content: null, view: null, said: { title: "", lines: [] }, signedXml: null };

afterEach(() => vi.useRealTimers());

/** Replaces workers; `tell` plays the browser's event once a worker receives a message. */
function workers(tell: (worker: EventTarget) => void): { ended: number } {
  const seen = { ended: 0 };
  class FakeWorker extends EventTarget {
    postMessage(): void {
      queueMicrotask(() => tell(this));
    }
    terminate(): void {
      seen.ended += 1;
    }
  }
  vi.stubGlobal("Worker", FakeWorker);
  return seen;
}

test("a worker file that can't be loaded is a network error", async () => {
  // A browser gives no details about a script that it couldn't load.
  const seen = workers((worker) => worker.dispatchEvent(new Event("error")));
  await expect(readInWorker(ORDER)).rejects.toBeInstanceOf(NetworkError);
  expect(seen.ended).toBe(1);
});

test("a failing script or a refused document is no network error", async () => {
  workers((worker) => worker.dispatchEvent(new ErrorEvent("error", { message: "out of memory" })));
  await expect(readInWorker(ORDER)).rejects.not.toBeInstanceOf(NetworkError);
  workers((worker) => worker.dispatchEvent(new MessageEvent("message", { data: { refused: "missing" } })));
  await expect(readInWorker(ORDER)).rejects.toThrow("missing");
});

/** Replaces workers; each order is answered with its kind and the worker's number. */
function drawing(): { orders: string[]; ended: number[] } {
  const seen = { orders: [] as string[], ended: [] as number[] };
  let count = 0;
  class DrawingWorker extends EventTarget {
    readonly id = (count += 1);
    postMessage(order: { check?: object; open?: object }): void {
      const kind = order.check ? "check" : order.open ? "open" : "more";
      seen.orders.push(`${kind} ${this.id}`);
      const head = JSON.stringify({ drawn: null, compared: null, by: this.id });
      const value = order.check ? { view: null, drawn: null, head } : order.open ? head : [];
      queueMicrotask(() => this.dispatchEvent(new MessageEvent("message", { data: { value } })));
    }
    terminate(): void {
      seen.ended.push(this.id);
    }
  }
  vi.stubGlobal("Worker", DrawingWorker);
  return seen;
}

const CONTENT = new Uint8Array([60, 97, 47, 62]);
const orderOf = (title: string, content = CONTENT): typeof ORDER => ({
  ...ORDER,
  kind: "xml" as never,
  content: content as never,
  said: { title, lines: [] },
});
const taskOf = (title: string, content = CONTENT): Task =>
  ({ title, display: [], content, mediaType: "application/xml", view: null }) as unknown as Task;

test("a checked document is shown without drawing it again, and its worker ends with the screen", async () => {
  const seen = drawing();
  expect(await readInWorker(orderOf("a"))).toEqual({ view: null, drawn: null });
  // A copy of the content, as the store returns it.
  const { opened, close } = openDrawing(taskOf("a", CONTENT.slice()));
  const drawn = await opened;
  expect(drawn).toMatchObject({ drawn: null, compared: null, by: 1 });
  expect(await drawn.more({ table: 0, from: 0, to: 1 })).toEqual([]);
  expect(seen.orders).toEqual(["check 1", "more 1"]);
  close();
  expect(seen.ended).toEqual([1]);
  const again = openDrawing(taskOf("a"));
  await again.opened;
  again.close();
  expect(seen.orders).toEqual(["check 1", "more 1", "open 2"]);
});

test("another document, or another description by the requester, is drawn again", async () => {
  const seen = drawing();
  for (const [title, content] of [
    ["b", CONTENT],
    ["a", new Uint8Array([60, 98, 47, 62])],
  ] as const) {
    await readInWorker(orderOf("a"));
    const { opened, close } = openDrawing(taskOf(title, content));
    await opened;
    close();
  }
  expect(seen.orders).toEqual(["check 1", "open 1", "check 2", "open 2"]);
  expect(seen.ended).toEqual([1, 2]);
});

test("a worker reads small documents one after the other, and ends after a long one", async () => {
  const seen = drawing();
  const long = new Uint8Array(1024 * 1024 + 1);
  await readInWorker(orderOf("a"));
  await readInWorker(orderOf("b"));
  await readInWorker(orderOf("c", long));
  const { opened } = openDrawing(taskOf("c", long));
  await opened;
  await readInWorker(orderOf("d"));
  await readInWorker(orderOf("e", long));
  await readInWorker(orderOf("f"));
  expect(seen.orders).toEqual(["check 1", "check 1", "check 1", "check 2", "check 2", "check 3"]);
  expect(seen.ended).toEqual([2]);
  openDrawing(taskOf("f")).close();
  expect(seen.ended).toEqual([2, 3]);
});

test("a document that isn't opened is kept only briefly", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const seen = drawing();
  await readInWorker(orderOf("a"));
  vi.advanceTimersByTime(10_000);
  expect(seen.ended).toContain(1);
  const { opened } = openDrawing(taskOf("a"));
  expect(await opened).toMatchObject({ by: 2 });
  expect(seen.orders).toEqual(["check 1", "open 2"]);
});
