/**
 * Handling of each scanned code: its request is accepted once, and not again while the code is the same.
 *
 * An old code (a photo) or a foreign one is reported, and scanning continues. A refusal that concerns the
 * certificate ends scanning, since every other code would be refused too.
 */

import type { Scan, ShieldError } from "@mshield/shield";

import { asProblem } from "../../../engine/task.ts";
import type { Code } from "./code.ts";

export type CodeNotice =
  | { readonly kind: "address"; readonly domain: string }
  | { readonly kind: "text" }
  | { readonly kind: "nothing" }
  | { readonly kind: "problem"; readonly problem: ShieldError };

export type Outcome =
  /** `scanned` is null if the claim was stored for the login. */
  | { readonly kind: "taken"; readonly scanned: Scan | null }
  /** Seen already, or too soon after the last one. */
  | { readonly kind: "ignored" }
  | { readonly kind: "notice"; readonly news: CodeNotice }
  | { readonly kind: "ended"; readonly problem: ShieldError };

/** Refusals of this code only; a fresh code of the same request may work. */
const OLD = new Set(["qr_stale"]);
/** Permanent refusals of this request. */
const OVER = new Set(["expired_request", "request_closed", "other_shield", "not_found", "bad_code"]);
/** Temporary failures; the next code may work. */
const PASSING = new Set(["network", "phone_in_use", "in_progress", "unavailable", "too_many_requests"]);
/** Minimum time after a failure before the service is asked again. */
const REST_MS = 1500;

type Take = (text: string, typedMs?: number) => Promise<Scan | null>;

export class CodeHandler {
  readonly #take: Take;
  readonly #now: () => number;
  readonly #seen = new Set<string>();
  #restUntil = 0;

  constructor(take: Take, now: () => number = Date.now) {
    this.#take = take;
    this.#now = now;
  }

  /** Accepts the request of this code. `byHand`: the user submitted it, so it is never ignored. */
  async take(code: Code, byHand = false): Promise<Outcome> {
    if (code.kind !== "request") {
      return { kind: "notice", news: code };
    }
    const isSeen = this.#seen.has(code.text) || this.#seen.has(code.requestId);
    if (!byHand && (isSeen || this.#now() < this.#restUntil)) {
      return { kind: "ignored" };
    }
    const { text, typedMs } = code;
    try {
      return {
        kind: "taken",
        scanned: await (typedMs === undefined ? this.#take(text) : this.#take(text, typedMs)),
      };
    } catch (error) {
      this.#restUntil = this.#now() + REST_MS;
      return this.#refused(code.text, code.requestId, asProblem(error));
    }
  }

  #refused(text: string, requestId: string, problem: ShieldError): Outcome {
    if (OLD.has(problem.code)) {
      this.#seen.add(text);
    } else if (OVER.has(problem.code)) {
      this.#seen.add(requestId);
    } else if (!PASSING.has(problem.code)) {
      return { kind: "ended", problem };
    }
    return { kind: "notice", news: { kind: "problem", problem } };
  }
}
