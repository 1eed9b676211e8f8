/** Worker that scans one PDF, so that a large one doesn't block the screen. */

import { scanned } from "./pdf_scan.ts";

addEventListener("message", ({ data }: MessageEvent<Uint8Array>) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's postMessage has no target origin
  postMessage(scanned(data));
});
