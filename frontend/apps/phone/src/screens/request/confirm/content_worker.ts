/** Worker that reads one content and returns its lines on request. */

import { type Content, contentOf } from "./content.ts";
import { type Answer, type Order, STEP } from "./orders.ts";

let content: Content = { kind: "absent" };

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  const [from, to] = "open" in data ? [0, STEP] : [data.from, data.to];
  if ("open" in data) {
    content = contentOf(data.open);
  }
  const answer: Answer =
    "lines" in content
      ? { kind: content.kind, count: content.lines.count, lines: content.lines.shown(from, to) }
      : { kind: content.kind, count: 0, lines: [] };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's postMessage has no target origin
  postMessage(answer);
});
