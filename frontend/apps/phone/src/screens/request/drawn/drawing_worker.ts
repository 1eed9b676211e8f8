/** Reads documents beside the screen: for the check of a task, or one to be shown, whose lines it then hands out. */

import { checkedReading, type DocumentOrder } from "@mshield/views";

import { Drawing, type Wanted } from "./drawing.ts";

export type Order =
  { readonly check: DocumentOrder } | { readonly open: DocumentOrder } | { readonly more: Wanted };
/** `refused` says why it was not drawn. */
export type Answer = { readonly value: unknown } | { readonly refused: string };

let drawing: Drawing | null = null;

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
  postMessage(answered(data));
});

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
