/** The other end of `RemoteSecrets`: answers its orders, one session at a time. */

import { GmError } from "@mshield/gm";

import { LocalSecrets } from "./local_secrets.ts";
import type { SecretsReply, SecretsRequest, Order, Port } from "./remote_secrets.ts";
import type { SecretSession } from "./secrets.ts";

/** Answers orders from this port, as long as its thread lives. */
export function serveSecrets(port: Port): void {
  const served = new Served();
  port.addEventListener("message", ({ data }) => {
    const { id, order } = data as SecretsRequest;
    void served.answer(id, order).then((answered) => port.postMessage(answered));
  });
  port.start?.();
}

class Served {
  readonly #secrets = new LocalSecrets();
  readonly #sessions = new Map<number, SecretSession>();
  #last = 0;

  async answer(id: number, order: Order): Promise<SecretsReply> {
    try {
      return { id, value: await this.#carryOut(order) };
    } catch (error) {
      const isRefusal = error instanceof GmError;
      const refused = isRefusal
        ? { code: error.code, message: error.message }
        : { code: null, message: "failed" };
      return { id, refused };
    }
  }

  async #carryOut(order: Order): Promise<unknown> {
    switch (order.do) {
      case "enrol":
        return await this.#secrets.enrol(order.order);
      case "session": {
        const opened = await this.#secrets.session(order.order);
        this.#sessions.set(++this.#last, opened);
        return { session: this.#last, items: opened.items };
      }
      case "check":
        return await this.#session(order.session).check(order.answers);
      case "finish":
        return await this.#session(order.session).finish(order.order);
      case "verify":
        return await this.#session(order.session).verify(order.P, order.signatures);
      case "close":
        this.#sessions.get(order.session)?.close();
        this.#sessions.delete(order.session);
        return undefined;
    }
  }

  #session(number: number): SecretSession {
    const session = this.#sessions.get(number);
    if (session === undefined) {
      throw new GmError("no_session", "closed before");
    }
    return session;
  }
}
