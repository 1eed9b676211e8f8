/**
 * `Secrets` in another thread: calls here run behind the port, where `serveSecrets` answers.
 *
 * Only orders and results cross it. A refusal of the protocol's arithmetic returns with its code, any other
 * failure without its text.
 */

import { GmError, type GmCode, type Signature } from "@mshield/gm";

import type { NonceAnswer } from "./cosign_messages.ts";
import { PhoneError } from "./errors.ts";
import type {
  EnrolResult,
  EnrolOrder,
  FinishResult,
  FinishOrder,
  Secrets,
  SecretSession,
  SessionOrder,
} from "./secrets.ts";

/** A worker, or one end of a channel. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "error" | "messageerror", listener: () => void): void;
  start?(): void;
}

export type Order =
  | { readonly do: "enrol"; readonly order: EnrolOrder }
  | { readonly do: "session"; readonly order: SessionOrder }
  | { readonly do: "check"; readonly session: number; readonly answers: readonly NonceAnswer[] }
  | { readonly do: "finish"; readonly session: number; readonly order: FinishOrder }
  | {
      readonly do: "verify";
      readonly session: number;
      readonly P: Uint8Array;
      readonly signatures: readonly (Signature | null)[];
    }
  | { readonly do: "close"; readonly session: number };

export interface SecretsRequest {
  readonly id: number;
  readonly order: Order;
}

export interface SecretsReply {
  readonly id: number;
  readonly value?: unknown;
  readonly refused?: { readonly code: GmCode | null; readonly message: string };
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class RemoteSecrets implements Secrets {
  readonly #port: Port;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(port: Port) {
    this.#port = port;
    port.addEventListener("message", ({ data }) => this.#answered(data as SecretsReply));
    for (const failed of ["error", "messageerror"] as const) {
      port.addEventListener(failed, () => this.#failed());
    }
    port.start?.();
  }

  async enrol(order: EnrolOrder): Promise<EnrolResult> {
    return (await this.ask({ do: "enrol", order })) as EnrolResult;
  }

  async session(order: SessionOrder): Promise<SecretSession> {
    const opened = (await this.ask({ do: "session", order })) as {
      session: number;
      items: SecretSession["items"];
    };
    return new RemoteSession(this, opened.session, opened.items);
  }

  async ask(order: Order): Promise<unknown> {
    const id = ++this.#last;
    return await new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
      this.#port.postMessage({ id, order } satisfies SecretsRequest);
    });
  }

  /** Rejects all waiting orders, since none will be answered. */
  #failed(): void {
    for (const { reject } of this.#waiting.values()) {
      reject(new PhoneError("worker"));
    }
    this.#waiting.clear();
  }

  #answered({ id, value, refused }: SecretsReply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (refused === undefined) {
      waiting?.resolve(value);
    } else {
      const { code, message } = refused;
      waiting?.reject(code === null ? new PhoneError("worker", message) : new GmError(code, message));
    }
  }
}

class RemoteSession implements SecretSession {
  readonly items: SecretSession["items"];
  readonly #secrets: RemoteSecrets;
  readonly #session: number;

  constructor(secrets: RemoteSecrets, session: number, items: SecretSession["items"]) {
    this.#secrets = secrets;
    this.#session = session;
    this.items = items;
  }

  async check(answers: readonly NonceAnswer[]): Promise<void> {
    await this.#secrets.ask({ do: "check", session: this.#session, answers });
  }

  async finish(order: FinishOrder): Promise<FinishResult> {
    return (await this.#secrets.ask({ do: "finish", session: this.#session, order })) as FinishResult;
  }

  async verify(P: Uint8Array, signatures: readonly (Signature | null)[]): Promise<void> {
    await this.#secrets.ask({ do: "verify", session: this.#session, P, signatures });
  }

  close(): void {
    void this.#secrets.ask({ do: "close", session: this.#session });
  }
}
