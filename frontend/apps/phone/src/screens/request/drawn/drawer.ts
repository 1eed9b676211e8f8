/** Asks the worker that draws documents; its file comes with the first document, not with the app. */

import { scriptAddress } from "@mshield/look/vue/trusted.ts";
import { type DocumentReader, NetworkError, orderOf, type Task } from "@mshield/shield";
import type { DocumentOrder } from "@mshield/views";

import type { Head, Line, RestLine, Wanted } from "./drawing.ts";
// oxlint-disable-next-line import/default -- Vite makes the address
import workerAddress from "./drawing_worker.ts?worker&url";
import type { Answer, Checked, Order } from "./drawing_worker.ts";
import { isSameOrder } from "./same_order.ts";

/** A worker that was sent more in all ends with its document, and with it all memory that it took. */
const MOST_OCTETS = 1024 * 1024;
/** A document that was checked is shown next, if at all. */
const KEPT_MS = 10_000;
/** What is measured, in the names of `performance.measure`. */
const CHECKED = "mshield-drawn";
const OPENED = "mshield-drawing-opened";

export interface Opened extends Head {
  more(wanted: Wanted & { readonly table: number }): Promise<readonly Line[]>;
  more(wanted: Wanted & { readonly table: "rest" }): Promise<readonly RestLine[]>;
}

/** One worker, which does what it is asked one thing after the other; NetworkError where its file didn't come. */
class Drawer {
  readonly #worker = new Worker(scriptAddress(workerAddress), { type: "module", name: "drawing" });
  #last: Promise<unknown> = Promise.resolve();
  #hasAnswered = false;
  #octets = 0;
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

  async check(order: DocumentOrder): Promise<Checked> {
    this.#octets += order.content?.length ?? 0;
    return (await this.ask({ check: order })) as Checked;
  }

  async open(order: DocumentOrder): Promise<string> {
    this.#octets += order.content?.length ?? 0;
    return (await this.ask({ open: order })) as string;
  }

  /** Whether it may read one more. */
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

/** A worker that waits: warming up for its document, or with the one that it drew last. */
interface Waiting {
  readonly drawer: Drawer;
  readonly drawn: { readonly order: DocumentOrder; readonly head: string } | null;
}
let waiting: Waiting | null = null;

/** A worker is started for a document that is on its way. */
export function expectDocument(): void {
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

/** The one that waits, if it may read one more, or a new one. */
function nextDrawer(): Drawer {
  if (waiting?.drawer.isFit) {
    const { drawer } = waiting;
    waiting = null;
    return drawer;
  }
  wait(null);
  return new Drawer();
}

/** For the engine: reads one document, and keeps what it drew for the screen, until the next one or a little while. */
export const readBeside: DocumentReader = async (order) => {
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

/** A document to be shown, until `close`; what was drawn for its check isn't drawn again. */
export function openDrawing(task: Task): { readonly opened: Promise<Opened>; readonly close: () => void } {
  const start = performance.now();
  const order = orderOf(task, task.view?.octets ?? null);
  const kept = keptOf(order);
  if (kept !== null) {
    waiting = null;
  }
  const drawer = kept?.drawer ?? nextDrawer();
  const more = (wanted: Wanted): Promise<never> => drawer.ask({ more: wanted }) as Promise<never>;
  const drawn = kept === null ? drawer.open(order) : Promise.resolve(kept.head);
  const opened = drawn.then((text): Opened => {
    const head = JSON.parse(text) as Head;
    performance.measure(OPENED, { start });
    return { ...head, more };
  });
  return { opened, close: () => drawer.close() };
}

function keptOf(order: DocumentOrder): { readonly drawer: Drawer; readonly head: string } | null {
  if (waiting === null || waiting.drawn === null || waiting.drawer.hasStopped) {
    return null;
  }
  const { drawer, drawn } = waiting;
  return isSameOrder(drawn.order, order) ? { drawer, head: drawn.head } : null;
}
