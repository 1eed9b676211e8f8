/**
 * Follows one request at the service: its events as a stream, or by long polling if streams are blocked.
 *
 * It retries forever with growing pauses, until the request has ended or the service reports that it doesn't
 * exist.
 */

import { eventsOf } from "./event_stream.ts";

export interface Snapshot {
  readonly id: string;
  readonly kind: "login" | "signature";
  readonly state: "waiting" | "scanned" | "signed" | "declined" | "expired" | "cancelled";
  readonly reason: string | null;
  readonly number: string;
  readonly expires_in: number;
}

export interface QrTexts {
  readonly texts: readonly string[];
  readonly every: number;
}

/** Receiver of the events. */
export interface Listener {
  onState(snapshot: Snapshot): void;
  onTexts(texts: QrTexts): void;
  /** The connection was lost and is being retried. */
  onLost(): void;
  /** The service doesn't know the request, or not this token. */
  onUnknown(): void;
}

export interface Source {
  /** Origin of the service. */
  readonly server: string;
  readonly request: string;
  readonly token: string;
}

/** Maximum silence (ms). While waiting, codes arrive every 2 seconds; comments every 15. */
export interface Timeouts {
  readonly firstEvent: number;
  readonly waiting: number;
  readonly scanned: number;
}

const PATIENCE: Timeouts = { firstEvent: 6_000, waiting: 5_000, scanned: 20_000 };
const POLL_SECONDS = 2;
const POLL_MS = (POLL_SECONDS + 12) * 1000;
const PAUSES_MS = [250, 1_000, 2_000, 4_000, 8_000];
const FINAL: ReadonlySet<string> = new Set(["signed", "declined", "expired", "cancelled"]);

class Unknown extends Error {}
class Mute extends Error {}

export class Watch {
  readonly #source: Source;
  readonly #listener: Listener;
  readonly #patience: Timeouts;
  readonly #stopped = new AbortController();
  #attempt = new AbortController();
  #wake: (() => void) | null = null;
  #state: Snapshot["state"] = "waiting";
  #failures = 0;
  #streams = true;
  #polled = false;

  constructor(source: Source, listener: Listener, patience: Partial<Timeouts> = {}) {
    this.#source = source;
    this.#listener = listener;
    this.#patience = { ...PATIENCE, ...patience };
  }

  /** Follows the request until there is nothing more to follow. */
  async run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      try {
        if (this.#streams) await this.#stream();
        else await this.#poll();
        if (FINAL.has(this.#state)) return;
      } catch (error) {
        if (error instanceof Unknown) {
          if (!this.#stopped.signal.aborted) this.#listener.onUnknown();
          return;
        }
        if (error instanceof Mute) this.#streams = false;
        else await this.#pause();
      }
    }
  }

  /** Drops the connection and reconnects at once. */
  again(): void {
    this.#failures = 0;
    this.#attempt.abort();
    this.#wake?.();
  }

  /** Stops permanently. */
  stop(): void {
    this.#stopped.abort();
    this.#attempt.abort();
    this.#wake?.();
  }

  async #stream(): Promise<void> {
    const silence = this.#newAttempt(this.#patience.firstEvent);
    let events = 0;
    try {
      const answer = await this.#fetch("/events", "text/event-stream");
      if (answer.body === null) throw new Mute();
      for await (const event of eventsOf(answer.body, () => silence.restart(this.#silence()))) {
        events++;
        this.#failures = 0;
        if (event.event === "state") this.#take(JSON.parse(event.data) as Snapshot);
        else if (event.event === "qr") this.#show(JSON.parse(event.data) as QrTexts);
        if (FINAL.has(this.#state)) return;
      }
    } catch (error) {
      // The connection is open but nothing arrives: an intermediary holds the stream back.
      if (silence.over && events === 0) throw new Mute();
      throw error;
    } finally {
      silence.stop();
    }
    throw new Error("the stream ended early");
  }

  async #poll(): Promise<void> {
    const silence = this.#newAttempt(POLL_MS);
    // The first answer is requested without waiting, since it has the first codes.
    const seconds = this.#polled ? POLL_SECONDS : 0;
    this.#polled = false;
    try {
      const answer = await this.#fetch(`?wait=${seconds}&state=${this.#state}`, "application/json");
      const snapshot = (await answer.json()) as Snapshot & { qr?: QrTexts };
      this.#failures = 0;
      this.#polled = true;
      this.#take(snapshot);
      if (snapshot.qr !== undefined) this.#show(snapshot.qr);
    } finally {
      silence.stop();
    }
  }

  async #fetch(rest: string, accept: string): Promise<Response> {
    const { server, request, token } = this.#source;
    const answer = await fetch(`${server}/api/pc/requests/${encodeURIComponent(request)}${rest}`, {
      headers: { Authorization: `Bearer ${token}`, Accept: accept },
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      signal: this.#attempt.signal,
    });
    if ([401, 403, 404, 410, 422].includes(answer.status)) throw new Unknown();
    if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
    return answer;
  }

  #take(snapshot: Snapshot): void {
    this.#state = snapshot.state;
    if (!this.#stopped.signal.aborted) this.#listener.onState(snapshot);
  }

  /**
   * Passes texts on, unless the page has switched to another request while this piece was processed.
   */
  #show(texts: QrTexts): void {
    if (!this.#stopped.signal.aborted) this.#listener.onTexts(texts);
  }

  #newAttempt(ms: number): Silence {
    this.#attempt = new AbortController();
    if (this.#stopped.signal.aborted) this.#attempt.abort();
    return new Silence(ms, () => this.#attempt.abort());
  }

  #silence(): number {
    return this.#state === "waiting" ? this.#patience.waiting : this.#patience.scanned;
  }

  async #pause(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#listener.onLost();
    const ms = PAUSES_MS[Math.min(this.#failures++, PAUSES_MS.length - 1)]!;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms * (0.75 + Math.random() / 2));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }
}

/** Calls a function after a time of silence. */
class Silence {
  over = false;
  readonly #act: () => void;
  #timer: ReturnType<typeof setTimeout>;

  constructor(ms: number, act: () => void) {
    this.#act = act;
    this.#timer = this.#start(ms);
  }

  restart(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.over) this.#timer = this.#start(ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.over = true;
      this.#act();
    }, ms);
  }
}
