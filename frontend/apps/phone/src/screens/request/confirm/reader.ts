/**
 * A content as the screen reads it: a small one at once, a large one by a worker, which keeps it and hands out the lines
 * that are drawn. So no content, however it is written, holds up the screen.
 */

import { scriptAddress } from "@mshield/look/vue/trusted.ts";

import { type Content, contentOf, type Given, isOfPages } from "./content.ts";
// oxlint-disable-next-line import/default -- Vite makes the address
import workerAddress from "./content_worker.ts?worker&url";
import type { ShownLine } from "./lines.ts";
import { type Answer, type Order, STEP } from "./orders.ts";

const SMALL = 64 * 1024;

export interface Opened {
  readonly kind: Content["kind"];
  readonly count: number;
  /** The first `STEP` lines. */
  readonly first: readonly ShownLine[];
  lines(from: number, to: number): Promise<readonly ShownLine[]>;
}

/** What is read at once: little, or nothing of it here. */
export const isSmall = (source: Given): boolean =>
  (source.content?.length ?? 0) <= SMALL || isOfPages(source);

export function openHere(source: Given): Opened {
  const content = contentOf(source);
  if (!("lines" in content)) {
    return { kind: content.kind, count: 0, first: [], lines: () => Promise.resolve([]) };
  }
  const { kind, lines } = content;
  return {
    kind,
    count: lines.count,
    first: lines.shown(0, STEP),
    lines: (from, to) => Promise.resolve(lines.shown(from, to)),
  };
}

/** The same by a worker, which ends with `close`; a content that it fails at is none to be read on a screen. */
export function openBeside(source: Given): { readonly opened: Promise<Opened>; readonly close: () => void } {
  const worker = new Worker(scriptAddress(workerAddress), { type: "module", name: "content" });
  const ask = (order: Order): Promise<Answer> =>
    new Promise((resolve, reject) => {
      worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => resolve(data), { once: true });
      worker.addEventListener("error", () => reject(new Error("the worker has stopped")), { once: true });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
      worker.postMessage(order);
    });
  const { content, mediaType, format, message, options } = source;
  const opened = ask({ open: { content, mediaType, format, message, options } }).then(
    ({ kind, count, lines }): Opened => ({
      kind,
      count,
      first: lines,
      lines: async (from, to) => (await ask({ from, to })).lines,
    }),
    (): Opened => ({ kind: "other", count: 0, first: [], lines: () => Promise.resolve([]) }),
  );
  return { opened, close: () => worker.terminate() };
}
