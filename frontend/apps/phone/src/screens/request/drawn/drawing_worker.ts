/**
 * Reads a document beside the screen, once: for the check of its task, and as it is then shown. Of the lines it hands out
 * what the screen comes to; what it shows at once it answers as text, not as a tree of small objects.
 */

import type { CheckedReading, DocumentOrder } from "@mshield/views";

import { Drawing, type Wanted } from "./drawing.ts";
import { SAMPLE } from "./sample.ts";

export type Order =
  { readonly check: DocumentOrder } | { readonly open: DocumentOrder } | { readonly more: Wanted };
/** `head` is a `Head` as JSON. */
export type Checked = CheckedReading & { readonly head: string };
/** `refused` says why it was not drawn. */
export type Answer = { readonly value: unknown } | { readonly refused: string };

/** Drawings that nobody sees: what a browser has run some times it runs several times as fast. */
const ROUNDS = 40;

/** Of the document at hand. */
let drawing: Drawing | null = null;
let isAsked = false;

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  isAsked = true;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
  postMessage(answered(data));
});

/** Warms up, until the first order comes. */
function warm(rounds: number): void {
  if (!isAsked && rounds > 0) {
    answered({ check: SAMPLE });
    setTimeout(() => warm(rounds - 1));
  }
}

setTimeout(() => warm(ROUNDS));

function answered(order: Order): Answer {
  try {
    return { value: valueOf(order) };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : "not drawn" };
  }
}

function valueOf(order: Order): unknown {
  if ("more" in order) {
    return drawing?.more(order.more) ?? [];
  }
  drawing = null;
  drawing = new Drawing("check" in order ? order.check : order.open);
  const head = JSON.stringify(drawing.head);
  return "check" in order ? ({ ...drawing.checked, head } satisfies Checked) : head;
}
