/** The page's side of the worker. */

import { scriptAddress } from "@mshield/look/vue/trusted.ts";

import type { CallName, WorkerCalls, WorkerRequest, WorkerReply } from "./messages.ts";
// oxlint-disable-next-line import/default -- Vite makes the address
import workerAddress from "./worker.ts?worker&url";

interface Waiting {
  resolve: (answer: never) => void;
  reject: (error: Error) => void;
}

export class Bridge {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #number = 0;

  constructor(onProgress: (id: string, done: number) => void) {
    this.#worker = new Worker(scriptAddress(workerAddress), { type: "module", name: "verifier" });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<WorkerReply>) => {
      if ("progress" in data) {
        onProgress(data.progress.id, data.progress.done);
      } else {
        this.#settle(data);
      }
    });
    this.#worker.addEventListener("error", () => this.#failAll());
  }

  call<N extends CallName>(
    call: N,
    ...parameters: Parameters<WorkerCalls[N]>
  ): Promise<ReturnType<WorkerCalls[N]>> {
    const number = this.#number++;
    const order: WorkerRequest = { number, call, parameters };
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's has none
      this.#worker.postMessage(order);
    });
  }

  #settle(reply: Exclude<WorkerReply, { progress: unknown }>): void {
    const waiting = this.#waiting.get(reply.number);
    this.#waiting.delete(reply.number);
    if ("answer" in reply) {
      waiting?.resolve(reply.answer as never);
    } else {
      waiting?.reject(new Error(reply.failed));
    }
  }

  #failAll(): void {
    for (const { reject } of this.#waiting.values()) {
      reject(new Error("the worker has stopped"));
    }
    this.#waiting.clear();
  }
}
