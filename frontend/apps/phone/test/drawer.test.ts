// @vitest-environment happy-dom
/** The worker that reads documents: one whose file didn't come has said nothing of the content. */

import { NetworkError } from "@mshield/shield";
import { expect, test, vi } from "vitest";

vi.mock("../src/screens/request/drawn/drawing_worker.ts?worker&url", () => ({ default: "/app/drawing.js" }));
vi.mock("@mshield/look/vue/trusted.ts", () => ({ scriptAddress: (address: string) => address }));

const { readBeside } = await import("../src/screens/request/drawn/drawer.ts");
const ORDER = { kind: null, content: null, view: null, said: { title: "", lines: [] }, signedXml: null };

/** Tells what a browser would of a worker, once it is asked. */
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

test("a file that the network lost, or a busy service refused, is an error of the network", async () => {
  // A browser tells no more of a script that it couldn't load.
  const seen = workers((worker) => worker.dispatchEvent(new Event("error")));
  await expect(readBeside(ORDER)).rejects.toBeInstanceOf(NetworkError);
  expect(seen.ended).toBe(1);
});

test("a script that fails, and a document that isn't drawn, are none", async () => {
  workers((worker) => worker.dispatchEvent(new ErrorEvent("error", { message: "out of memory" })));
  await expect(readBeside(ORDER)).rejects.not.toBeInstanceOf(NetworkError);
  workers((worker) => worker.dispatchEvent(new MessageEvent("message", { data: { refused: "missing" } })));
  await expect(readBeside(ORDER)).rejects.toThrow("missing");
});
