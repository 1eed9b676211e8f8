/** Worker that computes the digest of one large content. */

import { sm3 } from "@mshield/gm";

import { groupDigest } from "./fingerprint.ts";

addEventListener("message", ({ data }: MessageEvent<Uint8Array>) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's postMessage has no target origin
  postMessage(groupDigest(sm3(data)));
});
