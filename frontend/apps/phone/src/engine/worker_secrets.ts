/**
 * `Secrets` in a worker that ends when nothing is under way: with it goes whatever its memory still held of a share,
 * which JavaScript cannot overwrite.
 */

import {
  type Enrolled,
  type EnrolOrder,
  RemoteSecrets,
  type Secrets,
  type SecretSession,
  type SessionOrder,
} from "@mshield/shield";

/** A PIN change is two sessions; one worker serves both. */
export const IDLE_MS = 1000;

export class WorkerSecrets implements Secrets {
  readonly #make: () => Worker;
  #running: { readonly worker: Worker; readonly secrets: Secrets } | null = null;
  #uses = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(make: () => Worker) {
    this.#make = make;
  }

  /** Starts it, so that it is there by the time the PIN has been entered. */
  start(): Secrets {
    clearTimeout(this.#timer);
    if (this.#running === null) {
      const worker = this.#make();
      this.#running = { worker, secrets: new RemoteSecrets(worker) };
    }
    return this.#running.secrets;
  }

  async enrol(order: EnrolOrder): Promise<Enrolled> {
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
      return until(await this.start().session(order), done);
    } catch (error) {
      done();
      throw error;
    }
  }

  /** Counts one use; what it returns ends it, once. */
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

/** The same session, which says when it is closed. */
function until(session: SecretSession, done: () => void): SecretSession {
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
