/** A document's fingerprint: of a large one by a worker, since SM3 of megabytes would hold up the screen. */

import type { SignedTask, Task } from "@mshield/shield";

import { scriptAddress } from "@mshield/look/vue/trusted.ts";

import { fingerprint } from "./fingerprint.ts";
// oxlint-disable-next-line import/default -- Vite makes the address
import workerAddress from "./fingerprint_worker.ts?worker&url";

const SMALL = 256 * 1024;

export function fingerprintBeside(task: Task): string | Promise<string> {
  const { content, message, format, options, signingTime } = task;
  const signed: SignedTask = { content, message, format, options, signingTime };
  if ((content?.length ?? 0) <= SMALL) {
    return fingerprint(signed);
  }
  const worker = new Worker(scriptAddress(workerAddress), { type: "module", name: "fingerprint" });
  return new Promise<string>((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<string>) => resolve(data));
    worker.addEventListener("error", () => reject(new Error("the worker has stopped")));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
    worker.postMessage(signed);
  }).finally(() => worker.terminate());
}
