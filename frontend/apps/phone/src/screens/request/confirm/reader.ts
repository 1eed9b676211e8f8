/**
 * A content as the screen reads it: a small one at once, a large one by a worker that keeps it and returns
 * the lines to draw. So no content can block the screen.
 */

import { scriptAddress } from "@mshield/look/vue/trusted.ts";

import { type Content, contentOf, type DocumentContent, hasPages } from "./content.ts";
// oxlint-disable-next-line import/default -- Vite generates the default export, the address
import workerAddress from "./content_worker.ts?worker&url";
import type { TextLine } from "./lines.ts";
import { type Answer, type Order, STEP } from "./orders.ts";

const SMALL = 64 * 1024;

export interface OpenedContent {
  readonly kind: Content["kind"];
  readonly count: number;
  /** The first `STEP` lines. */
  readonly first: readonly TextLine[];
  lines(from: number, to: number): Promise<readonly TextLine[]>;
}

/** Returns whether the content is read at once: it is short, or isn't shown as text. */
export const isSmall = (source: DocumentContent): boolean =>
  (source.content?.length ?? 0) <= SMALL || hasPages(source);

export function openContent(source: DocumentContent): OpenedContent {
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

/** Opens a content in a worker, until `close`. If the worker fails, the content counts as unreadable. */
export function openInWorker(source: DocumentContent): {
  readonly opened: Promise<OpenedContent>;
  readonly close: () => void;
} {
  const worker = new Worker(scriptAddress(workerAddress), { type: "module", name: "content" });
  const ask = (order: Order): Promise<Answer> =>
    new Promise((resolve, reject) => {
      worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => resolve(data), { once: true });
      worker.addEventListener("error", () => reject(new Error("the worker has stopped")), { once: true });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's postMessage has no target origin
      worker.postMessage(order);
    });
  const { content, mediaType, format, message, options } = source;
  const opened = ask({ open: { content, mediaType, format, message, options } }).then(
    ({ kind, count, lines }): OpenedContent => ({
      kind,
      count,
      first: lines,
      lines: async (from, to) => (await ask({ from, to })).lines,
    }),
    (): OpenedContent => ({ kind: "other", count: 0, first: [], lines: () => Promise.resolve([]) }),
  );
  return { opened, close: () => worker.terminate() };
}
