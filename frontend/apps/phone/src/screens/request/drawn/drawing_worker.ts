/** Reads documents beside the screen: for the check of a task, or one to be shown, whose lines it then hands out. */

import { checkedReading, type DocumentOrder } from "@mshield/views";

import { Drawing, type Wanted } from "./drawing.ts";
import { SAMPLE } from "./sample.ts";

export type Order =
  { readonly check: DocumentOrder } | { readonly open: DocumentOrder } | { readonly more: Wanted };
/** `refused` says why it was not drawn. */
export type Answer = { readonly value: unknown } | { readonly refused: string };

/** Drawings that nobody sees: what a browser has run some times it runs several times as fast. */
const ROUNDS = 12;

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
    checkedReading(SAMPLE);
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
  if ("check" in order) {
    return checkedReading(order.check);
  }
  if ("open" in order) {
    drawing = new Drawing(order.open);
    return drawing.head;
  }
  return drawing?.more(order.more) ?? [];
}
