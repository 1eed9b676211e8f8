/**
 * The phone's calls to the service: JSON over HTTP, each call with its own DPoP proof over method, address
 * and body.
 *
 * Failures on the way are `NetworkError`, refusals `ProblemError`. No body or answer is logged, stored,
 * queued or cached.
 */

import { utf8 } from "@mshield/gm";

import { Agreement } from "./clocks.ts";
import { type Credentials, owned, proof } from "./dpop.ts";
import { isPassing, NetworkError, problemOf } from "./errors.ts";
import type { Repeats } from "./repeats.ts";
import { readJson } from "./strict_json.ts";

/**
 * Limits of retrying: attempts at a failing network, waits for a busy key, replaced sessions; pauses in ms.
 * The pause after a network failure doubles each time, up to five seconds. A `finish` is retried for a
 * minute, the time that a site may take to fail over: giving up would leave its PIN attempt counted.
 */
export interface RetryLimits {
  readonly networkTries: number;
  readonly finishTries: number;
  readonly networkPause: number;
  readonly busyTries: number;
  readonly busyPause: number;
  readonly sessions: number;
  readonly answerMs: number;
}

export const DEFAULT_RETRY_LIMITS: RetryLimits = {
  networkTries: 5,
  finishTries: 15,
  networkPause: 500,
  busyTries: 40,
  busyPause: 1000,
  sessions: 3,
  answerMs: 30_000,
};

const LONGEST_PAUSE = 5000;

/** Platform functions used by the connection; tests replace them. */
export interface Platform {
  readonly fetch: typeof fetch;
  readonly now: () => number;
  /** Time in ms by a clock that can't be set. */
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
  readonly #patience: RetryLimits;
  readonly #repeats: Repeats;
  readonly #agreement: Agreement;

  /** `base` is the service's origin (and path, if any), as the service addresses itself. */
  constructor(
    base: string,
    platform: Platform,
    patience: RetryLimits,
    repeats: Repeats,
    agreement = new Agreement(platform.now, platform.steady),
  ) {
    this.#base = base.replace(/\/+$/, "");
    this.#platform = platform;
    this.#patience = patience;
    this.#repeats = repeats;
    this.#agreement = agreement;
  }

  /** GETs JSON, and retries if the network fails. */
  async get(
    path: string,
    credentials: Credentials,
    params: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    return readJson(await this.getBytes(path, credentials, params));
  }

  /** GETs bytes that aren't JSON, like `get`. */
  async getBytes(
    path: string,
    credentials: Credentials,
    params: Readonly<Record<string, string>> = {},
  ): Promise<Uint8Array> {
    const query = new URLSearchParams(params).toString();
    const sent: Sent = { method: "GET", path, query: query && `?${query}`, body: NOTHING };
    return await this.persistently(() => this.#send(sent, credentials));
  }

  /** POSTs a JSON object (or nothing), and retries under its idempotency key if the network fails. */
  async post(path: string, credentials: Credentials, payload?: object): Promise<unknown> {
    const body = payload === undefined ? NOTHING : utf8(JSON.stringify(payload));
    const answer = await this.#repeatable({ method: "POST", path, body }, credentials);
    return answer.length === 0 ? null : readJson(answer);
  }

  /** Sends a DELETE, likewise. */
  async delete(path: string, credentials: Credentials): Promise<void> {
    await this.#repeatable({ method: "DELETE", path, body: NOTHING }, credentials);
  }

  /**
   * POSTs exactly these bytes, once and without a key: for co-signing, whose repeats the protocol governs.
   */
  async postBytes(path: string, credentials: Credentials, body: Uint8Array): Promise<Uint8Array> {
    return await this.#send({ method: "POST", path, body }, credentials);
  }

  /** POSTs these bytes under an idempotency key; returns the answer's bytes. */
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
      // No redirects, since a proof is valid only for the address that it names.
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
    throw this.#agreement.explain(problemOf(status, type, new TextDecoder().decode(content)));
  }

  /** Fetches the whole answer. Throws: NetworkError if it didn't arrive. */
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
