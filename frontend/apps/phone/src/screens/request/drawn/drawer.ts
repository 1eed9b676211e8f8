/**
 * Client of the worker that draws documents; its file is loaded with the first document, not with the app.
 */

import { scriptAddress } from "@mshield/look/vue/trusted.ts";
import { type DocumentReader, NetworkError, orderOf, type Task } from "@mshield/shield";
import type { DocumentOrder } from "@mshield/views";

import type { DrawingHead, Line, RestLine, LineRange } from "./drawing.ts";
// oxlint-disable-next-line import/default -- Vite generates the default export, the address
import workerAddress from "./drawing_worker.ts?worker&url";
import type { Answer, CheckResult, Order } from "./drawing_worker.ts";
import { isSameOrder } from "./same_order.ts";

/**
 * A worker that has received more bytes in all isn't used for another document, so that its memory is freed.
 */
const MOST_OCTETS = 1024 * 1024;
/** Time in ms for which a checked document is kept, to be shown next. */
const KEPT_MS = 10_000;
/** Names of the measurements for `performance.measure`. */
const CHECKED = "mshield-drawn";
const OPENED = "mshield-drawing-opened";

export interface OpenedDrawing extends DrawingHead {
  more(wanted: LineRange & { readonly table: number }): Promise<readonly Line[]>;
  more(wanted: LineRange & { readonly table: "rest" }): Promise<readonly RestLine[]>;
}

/**
 * One worker that handles requests one after the other. Raises: NetworkError if its file couldn't be loaded.
 */
class Drawer {
  readonly #worker = new Worker(scriptAddress(workerAddress), { type: "module", name: "drawing" });
  #last: Promise<unknown> = Promise.resolve();
  #hasAnswered = false;
  #octets = 0;
  /** True if the worker has failed, which may happen before its first request. */
  hasStopped = false;

  constructor() {
    this.#worker.addEventListener("error", () => {
      this.hasStopped = true;
    });
  }

  async ask(order: Order): Promise<unknown> {
    const before = this.#last;
    const answer = before.catch(() => null).then(() => this.#ask(order));
    this.#last = answer;
    return await answer;
  }

  async check(order: DocumentOrder): Promise<CheckResult> {
    this.#octets += order.content?.length ?? 0;
    return (await this.ask({ check: order })) as CheckResult;
  }

  async open(order: DocumentOrder): Promise<string> {
    this.#octets += order.content?.length ?? 0;
    return (await this.ask({ open: order })) as string;
  }

  /** True if the worker may read another document. */
  get isFit(): boolean {
    return !this.hasStopped && this.#octets <= MOST_OCTETS;
  }

  close(): void {
    this.#worker.terminate();
  }

  async #ask(order: Order): Promise<unknown> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      const once = { once: true };
      this.#worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => resolve(data), once);
      this.#worker.addEventListener("error", (event) => reject(this.#stopped(event)), once);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's postMessage has no target origin
      this.#worker.postMessage(order);
    });
    this.#hasAnswered = true;
    if ("refused" in answer) {
      throw new Error(answer.refused);
    }
    return answer.value;
  }

  /** Returns the error: for one within the script the browser gives details, for a failed load it doesn't. */
  #stopped(event: Event): Error {
    return this.#hasAnswered || event instanceof ErrorEvent
      ? new Error("the worker has stopped")
      : new NetworkError("the worker's file didn't come");
  }
}

/** An idle worker, which is warming up or holds the document it drew last. */
interface Waiting {
  readonly drawer: Drawer;
  readonly drawn: { readonly order: DocumentOrder; readonly head: string } | null;
}
let waiting: Waiting | null = null;

/** Starts a worker for a document that is about to arrive. */
export function prepareWorker(): void {
  if (waiting === null || !waiting.drawer.isFit) {
    wait({ drawer: new Drawer(), drawn: null });
  }
}

function wait(next: Waiting | null): void {
  if (waiting !== null && waiting.drawer !== next?.drawer) {
    waiting.drawer.close();
  }
  waiting = next;
}

/** Returns the idle worker if it may read another document, otherwise a new one. */
function nextDrawer(): Drawer {
  if (waiting?.drawer.isFit) {
    const { drawer } = waiting;
    waiting = null;
    return drawer;
  }
  wait(null);
  return new Drawer();
}

/**
 * Reads one document for the engine, and keeps the drawing for the screen until the next document or for
 * `KEPT_MS`.
 */
export const readInWorker: DocumentReader = async (order) => {
  const drawer = nextDrawer();
  const start = performance.now();
  try {
    const { head, ...checked } = await drawer.check(order);
    performance.measure(CHECKED, { start });
    const kept = { drawer, drawn: { order, head } };
    wait(kept);
    setTimeout(() => {
      if (waiting === kept) {
        wait(null);
      }
    }, KEPT_MS);
    return checked;
  } catch (error) {
    drawer.close();
    throw error;
  }
};

/** Opens a document for display, until `close`; reuses the drawing made for its check. */
export function openDrawing(task: Task): {
  readonly opened: Promise<OpenedDrawing>;
  readonly close: () => void;
} {
  const start = performance.now();
  const order = orderOf(task, task.view?.octets ?? null);
  const kept = cachedDrawer(order);
  if (kept !== null) {
    waiting = null;
  }
  const drawer = kept?.drawer ?? nextDrawer();
  const more = (wanted: LineRange): Promise<never> => drawer.ask({ more: wanted }) as Promise<never>;
  const drawn = kept === null ? drawer.open(order) : Promise.resolve(kept.head);
  const opened = drawn.then((text): OpenedDrawing => {
    const head = JSON.parse(text) as DrawingHead;
    performance.measure(OPENED, { start });
    return { ...head, more };
  });
  return { opened, close: () => drawer.close() };
}

function cachedDrawer(order: DocumentOrder): { readonly drawer: Drawer; readonly head: string } | null {
  if (waiting === null || waiting.drawn === null || waiting.drawer.hasStopped) {
    return null;
  }
  const { drawer, drawn } = waiting;
  return isSameOrder(drawn.order, order) ? { drawer, head: drawn.head } : null;
}
