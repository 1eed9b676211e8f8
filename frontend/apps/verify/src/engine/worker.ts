/**
 * The worker: reads, hashes and checks the files, so that the page stays responsive. Its policy forbids
 * network calls.
 */

import { Bench, Dropped } from "./bench.ts";
import type { WorkerRequest, WorkerReply } from "./messages.ts";

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
const post = (reply: WorkerReply): void => self.postMessage(reply);
const bench = new Bench((id, done) => post({ progress: { id, done } }));

async function run({ number, call, parameters }: WorkerRequest): Promise<void> {
  try {
    const work = bench[call] as (...all: readonly unknown[]) => unknown;
    post({ number, answer: await work.apply(bench, [...parameters]) });
  } catch (error) {
    if (!(error instanceof Dropped)) {
      console.error(error);
    }
    post({ number, failed: error instanceof Error ? `${error.name}: ${error.message}` : "failed" });
  }
}

self.addEventListener("message", ({ data }: MessageEvent<WorkerRequest>) => void run(data));
