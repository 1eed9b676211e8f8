/**
 * An implementation of `Secrets` in a worker that ends when it is idle. Ending it frees any remains of a
 * share in its memory, which JavaScript cannot overwrite.
 */

import {
  type EnrolResult,
  type EnrolOrder,
  RemoteSecrets,
  type Secrets,
  type SecretSession,
  type SessionOrder,
} from "@mshield/shield";

/** Idle time in ms before the worker ends. A PIN change uses two sessions, which one worker serves. */
export const IDLE_MS = 1000;

export class WorkerSecrets implements Secrets {
  readonly #make: () => Worker;
  #running: { readonly worker: Worker; readonly secrets: Secrets } | null = null;
  #uses = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(make: () => Worker) {
    this.#make = make;
  }

  /** Starts the worker, so that it is ready by the time the PIN has been entered. */
  start(): Secrets {
    clearTimeout(this.#timer);
    if (this.#running === null) {
      const worker = this.#make();
      this.#running = { worker, secrets: new RemoteSecrets(worker) };
    }
    return this.#running.secrets;
  }

  async enrol(order: EnrolOrder): Promise<EnrolResult> {
    const done = this.#use();
    try {
      return await this.start().enrol(order);
    } finally {
      done();
    }
  }

  async session(order: SessionOrder): Promise<SecretSession> {
    const done = this.#use();
    try {
      return withCloseCallback(await this.start().session(order), done);
    } catch (error) {
      done();
      throw error;
    }
  }

  /** Counts one use. Returns a function that ends it; calling it again has no effect. */
  #use(): () => void {
    this.#uses++;
    let isOver = false;
    return () => {
      if (!isOver) {
        isOver = true;
        this.#uses--;
        this.#endIfIdle();
      }
    };
  }

  #endIfIdle(): void {
    if (this.#uses === 0) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this.#running?.worker.terminate();
        this.#running = null;
      }, IDLE_MS);
    }
  }
}

/** Wraps a session and calls `done` when it is closed. */
function withCloseCallback(session: SecretSession, done: () => void): SecretSession {
  return {
    items: session.items,
    check: (answers) => session.check(answers),
    finish: (order) => session.finish(order),
    verify: (P, signatures) => session.verify(P, signatures),
    close: () => {
      session.close();
      done();
    },
  };
}
