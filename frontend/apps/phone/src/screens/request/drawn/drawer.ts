/** Asks the worker that draws documents; its file comes with the first document, not with the app. */

import { scriptAddress } from "@mshield/look/vue/trusted.ts";
import { type DocumentReader, NetworkError, orderOf, type Task } from "@mshield/shield";

import type { Head, Line, RestLine, Wanted } from "./drawing.ts";
// oxlint-disable-next-line import/default -- Vite makes the address
import workerAddress from "./drawing_worker.ts?worker&url";
import type { Answer, Order } from "./drawing_worker.ts";

export interface Opened extends Head {
  more(wanted: Wanted & { readonly table: number }): Promise<readonly Line[]>;
  more(wanted: Wanted & { readonly table: "rest" }): Promise<readonly RestLine[]>;
}

/** One worker, which does what it is asked one thing after the other; NetworkError where its file didn't come. */
class Drawer {
  readonly #worker = new Worker(scriptAddress(workerAddress), { type: "module", name: "drawing" });
  #last: Promise<unknown> = Promise.resolve();
  #hasAnswered = false;
  /** One that waits for its document may stop before anybody asks it. */
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

  close(): void {
    this.#worker.terminate();
  }

  async #ask(order: Order): Promise<unknown> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      const once = { once: true };
      this.#worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => resolve(data), once);
      this.#worker.addEventListener("error", (event) => reject(this.#stopped(event)), once);
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
      this.#worker.postMessage(order);
    });
    this.#hasAnswered = true;
    if ("refused" in answer) {
      throw new Error(answer.refused);
    }
    return answer.value;
  }

  /** An error within the script says what it was; of one that wasn't loaded the browser says nothing. */
  #stopped(event: Event): Error {
    return this.#hasAnswered || event instanceof ErrorEvent
      ? new Error("the worker has stopped")
      : new NetworkError("the worker's file didn't come");
  }
}

/** Warms up until its document comes. */
let waiting: Drawer | null = null;

/** A worker is started for a document that is on its way. */
export function expectDocument(): void {
  if (waiting === null || waiting.hasStopped) {
    waiting = new Drawer();
  }
}

/** Of two that are expected (a document is checked, then shown), the second warms up while the first is checked. */
function nextDrawer(): Drawer {
  const drawer = waiting === null || waiting.hasStopped ? new Drawer() : waiting;
  waiting = null;
  return drawer;
}

/** For the engine: reads one document, and ends the worker with it, and with it all memory that it took. */
export const readBeside: DocumentReader = async (order) => {
  const isExpected = waiting !== null;
  const drawer = nextDrawer();
  if (isExpected) {
    expectDocument();
  }
  try {
    return (await drawer.ask({ check: order })) as Awaited<ReturnType<DocumentReader>>;
  } finally {
    drawer.close();
  }
};

/** A document to be shown, until `close`. */
export function openDrawing(task: Task): { readonly opened: Promise<Opened>; readonly close: () => void } {
  const drawer = nextDrawer();
  const more = (wanted: Wanted): Promise<never> => drawer.ask({ more: wanted }) as Promise<never>;
  const opened = drawer
    .ask({ open: orderOf(task, task.view?.octets ?? null) })
    .then((head): Opened => ({ ...(head as Head), more }));
  return { opened, close: () => drawer.close() };
}
