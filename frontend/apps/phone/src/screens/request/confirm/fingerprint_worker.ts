/** Works out the fingerprint of one large content. */

import { fingerprint } from "./fingerprint.ts";

addEventListener("message", ({ data }: MessageEvent<Parameters<typeof fingerprint>[0]>) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
  postMessage(fingerprint(data));
});
