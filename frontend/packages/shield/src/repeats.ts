/**
 * Idempotency keys of changing calls: one that is repeated after a lost answer goes out under the same key.
 *
 * What a key is made from is stored before the call is sent, so that the app may be killed and the user repeat the
 * operation by hand: as long as it is the same call, the service answers it as it did the first time.
 */

import { hex } from "@mshield/gm";

import { owned } from "./dpop.ts";
import type { Unanswered } from "./state.ts";
import type { Vault } from "./store.ts";

/** After that a user who does the same again means a new operation. */
export const KEPT_MS = 300_000;

export class Repeats {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** The key of this call: the same as before where the same call was sent shortly before and not answered. */
  async key(call: string, body: Uint8Array, now: number): Promise<string> {
    const started = this.#started(now);
    let known = started[call];
    if (known === undefined) {
      known = { secret: crypto.getRandomValues(new Uint8Array(32)), at: now };
      await this.#vault.change({ unanswered: { ...started, [call]: known } });
    }
    // The body counts too: another one is another operation, and must not meet the first one's key.
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", owned(known.secret), hmac, false, ["sign"]);
    return hex(new Uint8Array(await crypto.subtle.sign("HMAC", key, owned(body))));
  }

  /** The call has its answer: doing the same again is a new operation. */
  async answered(call: string, now: number): Promise<void> {
    const { [call]: _, ...unanswered } = this.#started(now);
    await this.#vault.change({ unanswered });
  }

  #started(now: number): Record<string, Unanswered> {
    const kept = Object.entries(this.#vault.state.unanswered).filter(
      ([, { at }]) => now >= at && now - at < KEPT_MS,
    );
    return Object.fromEntries(kept);
  }
}
