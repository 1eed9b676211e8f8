/**
 * How the phone calls the service: JSON over HTTP, each call with its own DPoP proof over method, address and body.
 *
 * Failures on the way are `NetworkError`, refusals `ProblemError`. No body or answer is logged, kept, queued or cached.
 */

import { utf8 } from "@mshield/gm";

import { Agreement } from "./clocks.ts";
import { type Credentials, owned, proof } from "./dpop.ts";
import { isPassing, NetworkError, problemOf } from "./errors.ts";
import type { Repeats } from "./repeats.ts";
import { readJson } from "./strict_json.ts";

/**
 * How long the phone keeps at it: tries at a network that fails, waits of a busy key, sessions that are replaced; in
 * ms. The pause after a network failure doubles each time, up to five seconds. A `finish` is sent again for a minute, as
 * long as a site may take to go on elsewhere: one that is given up leaves its try counted.
 */
export interface Patience {
  readonly networkTries: number;
  readonly finishTries: number;
  readonly networkPause: number;
  readonly busyTries: number;
  readonly busyPause: number;
  readonly sessions: number;
  readonly answerMs: number;
}

export const PATIENCE: Patience = {
  networkTries: 5,
  finishTries: 15,
  networkPause: 500,
  busyTries: 40,
  busyPause: 1000,
  sessions: 3,
  answerMs: 30_000,
};

const LONGEST_PAUSE = 5000;

/** What the connection takes from the platform; tests have their own. */
export interface Platform {
  readonly fetch: typeof fetch;
  readonly now: () => number;
  /** Ms by a clock that nobody sets. */
  readonly steady: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export const PLATFORM: Platform = {
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  steady: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

interface Sent {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: string;
  readonly body: Uint8Array;
  readonly key?: string;
}

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly type: string;
  readonly content: Uint8Array;
}

const NOTHING = new Uint8Array();

export class Connection {
  readonly #base: string;
  readonly #platform: Platform;
  readonly #patience: Patience;
  readonly #repeats: Repeats;
  readonly #agreement: Agreement;

  /** `base` is the service's origin (and path, where it has one), as it addresses itself. */
  constructor(
    base: string,
    platform: Platform,
    patience: Patience,
    repeats: Repeats,
    agreement = new Agreement(platform.now, platform.steady),
  ) {
    this.#base = base.replace(/\/+$/, "");
    this.#platform = platform;
    this.#patience = patience;
    this.#repeats = repeats;
    this.#agreement = agreement;
  }

  /** GET of JSON, tried again when the network fails. */
  async get(
    path: string,
    credentials: Credentials,
    params: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    return readJson(await this.getBytes(path, credentials, params));
  }

  /** As `get`, of what is not JSON. */
  async getBytes(
    path: string,
    credentials: Credentials,
    params: Readonly<Record<string, string>> = {},
  ): Promise<Uint8Array> {
    const query = new URLSearchParams(params).toString();
    const sent: Sent = { method: "GET", path, query: query && `?${query}`, body: NOTHING };
    return await this.persistently(() => this.#send(sent, credentials));
  }

  /** POST of a JSON object (or nothing), tried again under its idempotency key when the network fails. */
  async post(path: string, credentials: Credentials, payload?: object): Promise<unknown> {
    const body = payload === undefined ? NOTHING : utf8(JSON.stringify(payload));
    const answer = await this.#repeatable({ method: "POST", path, body }, credentials);
    return answer.length === 0 ? null : readJson(answer);
  }

  /** DELETE, likewise. */
  async delete(path: string, credentials: Credentials): Promise<void> {
    await this.#repeatable({ method: "DELETE", path, body: NOTHING }, credentials);
  }

  /** POST of exactly these bytes, once and without a key: for co-signing, whose repeats the protocol rules. */
  async postBytes(path: string, credentials: Credentials, body: Uint8Array): Promise<Uint8Array> {
    return await this.#send({ method: "POST", path, body }, credentials);
  }

  /** POST of these bytes under an idempotency key; the answer as it stands. */
  async postKeyed(path: string, credentials: Credentials, body: Uint8Array): Promise<Uint8Array> {
    return await this.#repeatable({ method: "POST", path, body }, credentials);
  }

  /** Repeats a call that may safely be repeated while the network fails or the service is unavailable. */
  async persistently<T>(call: () => Promise<T>, most = this.#patience.networkTries): Promise<T> {
    let pause = this.#patience.networkPause;
    for (let tries = 1; ; tries++) {
      try {
        return await call();
      } catch (error) {
        if (!isPassing(error) || tries >= most) {
          throw error;
        }
      }
      await this.#platform.sleep(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  async #repeatable(sent: Sent, credentials: Credentials): Promise<Uint8Array> {
    const call = `${sent.method} ${sent.path}`;
    const key = await this.#repeats.key(call, sent.body, this.#platform.now());
    try {
      const answer = await this.persistently(() => this.#send({ ...sent, key }, credentials));
      await this.#repeats.answered(call, this.#platform.now());
      return answer;
    } catch (error) {
      if (!isPassing(error)) {
        await this.#repeats.answered(call, this.#platform.now());
      }
      throw error;
    }
  }

  async #send(sent: Sent, credentials: Credentials): Promise<Uint8Array> {
    const url = this.#base + sent.path;
    const { method, body } = sent;
    const headers = {
      Accept: "application/json, application/problem+json",
      DPoP: await proof(credentials, { method, url, body, now: this.#platform.now() }),
      ...(body.length > 0 && { "Content-Type": "application/json" }),
      ...(sent.key !== undefined && { "Idempotency-Key": sent.key }),
      ...(credentials.token !== undefined && { Authorization: `DPoP ${credentials.token}` }),
    };
    const { ok, status, type, content } = await this.#fetch(url + (sent.query ?? ""), {
      method,
      headers,
      ...(body.length > 0 && { body: owned(body) }),
      // No redirects: a proof is for the address that it names.
      redirect: "error",
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.timeout(this.#patience.answerMs),
    });
    if (ok) {
      this.#agreement.agreed();
      return content;
    }
    throw this.#agreement.judged(problemOf(status, type, new TextDecoder().decode(content)));
  }

  /** The whole answer; NetworkError where it didn't come. */
  async #fetch(url: string, init: RequestInit): Promise<Answer> {
    try {
      const answer = await this.#platform.fetch(url, init);
      const content = new Uint8Array(await answer.arrayBuffer());
      const type = answer.headers.get("content-type") ?? "";
      return { ok: answer.ok, status: answer.status, type, content };
    } catch (error) {
      throw new NetworkError(error instanceof Error ? error.name : "failed");
    }
  }
}
