/**
 * A document's digest. A worker computes that of a large content, since SM3 of megabytes would block the
 * screen.
 */

import type { Task } from "@mshield/shield";

import { scriptAddress } from "@mshield/look/vue/trusted.ts";

import { fingerprint } from "./fingerprint.ts";
// oxlint-disable-next-line import/default -- Vite generates the default export, the address
import workerAddress from "./fingerprint_worker.ts?worker&url";

const SMALL = 256 * 1024;

export function fingerprintInWorker(task: Task): string | Promise<string> {
  const { content } = task;
  if ((content?.length ?? 0) <= SMALL) {
    return fingerprint(task);
  }
  const worker = new Worker(scriptAddress(workerAddress), { type: "module", name: "fingerprint" });
  return new Promise<string>((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<string>) => resolve(data));
    worker.addEventListener("error", () => reject(new Error("the worker has stopped")));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's postMessage has no target origin
    worker.postMessage(content);
  }).finally(() => worker.terminate());
}
