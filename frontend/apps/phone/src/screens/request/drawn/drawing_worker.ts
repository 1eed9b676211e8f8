/**
 * Worker that reads a document once, for the check of its task and for display. It returns further lines as
 * the screen scrolls. The initial lines are sent as JSON text, which is cheaper than a tree of small objects.
 */

import type { CheckedReading, DocumentOrder } from "@mshield/views";

import { Drawing, type LineRange } from "./drawing.ts";
import { SAMPLE } from "./sample.ts";

export type Order =
  { readonly check: DocumentOrder } | { readonly open: DocumentOrder } | { readonly more: LineRange };
/** Result of a check; `head` is a `Head` as JSON. */
export type CheckResult = CheckedReading & { readonly head: string };
/** Answer to an order; `refused` says why it was not drawn. */
export type Answer = { readonly value: unknown } | { readonly refused: string };

/** Number of warm-up drawings: browsers run code several times faster after some executions. */
const ROUNDS = 40;

/** The current document. */
let drawing: Drawing | null = null;
let isAsked = false;

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  isAsked = true;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's postMessage has no target origin
  postMessage(answered(data));
});

/** Warms up until the first order arrives. */
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
  return "check" in order ? ({ ...drawing.checked, head } satisfies CheckResult) : head;
}
