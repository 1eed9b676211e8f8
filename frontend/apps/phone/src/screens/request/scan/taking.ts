/**
 * What happens to each code that is seen: taken once, and not again while it says the same.
 *
 * A code that is old (a photo) or of something else is told, and scanning goes on. A refusal that concerns the
 * certificate ends it: no other code would fare better.
 */

import type { Scan, ShieldError } from "@mshield/shield";

import { asProblem } from "../../../engine/task.ts";
import type { Code } from "./code.ts";

export type Told =
  | { readonly kind: "address"; readonly domain: string }
  | { readonly kind: "text" }
  | { readonly kind: "nothing" }
  | { readonly kind: "problem"; readonly problem: ShieldError };

export type Outcome =
  /** `scanned` is null where it was kept for the login. */
  | { readonly kind: "taken"; readonly scanned: Scan | null }
  /** Seen already, or too soon after the last. */
  | { readonly kind: "ignored" }
  | { readonly kind: "told"; readonly news: Told }
  | { readonly kind: "ended"; readonly problem: ShieldError };

/** Of this code only; a fresh one of the same request may do. */
const OLD = new Set(["qr_stale"]);
/** Of this request for good. */
const OVER = new Set(["expired_request", "request_closed", "other_shield", "not_found", "bad_code"]);
/** Passing troubles: the next code may do. */
const PASSING = new Set(["network", "phone_in_use", "in_progress", "unavailable", "too_many_requests"]);
/** After a failure the service is not asked again sooner. */
const REST_MS = 1500;

type Take = (text: string, typedMs?: number) => Promise<Scan | null>;

export class Taking {
  readonly #take: Take;
  readonly #now: () => number;
  readonly #seen = new Set<string>();
  #restUntil = 0;

  constructor(take: Take, now: () => number = Date.now) {
    this.#take = take;
    this.#now = now;
  }

  /** Takes the request of this code; `byHand` for one that the user gave themselves, which always counts. */
  async take(code: Code, byHand = false): Promise<Outcome> {
    if (code.kind !== "request") {
      return { kind: "told", news: code };
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
    return { kind: "told", news: { kind: "problem", problem } };
  }
}
