/** Works out the fingerprint of one large content. */

import { sm3 } from "@mshield/gm";

import { inGroups } from "./fingerprint.ts";

addEventListener("message", ({ data }: MessageEvent<Uint8Array>) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
  postMessage(inGroups(sm3(data)));
});
