/**
 * Idempotency keys of changing calls: a call that is repeated after a lost answer is sent under the same key.
 *
 * What a key is made from is stored before the call is sent, so even if the app is killed and the user
 * repeats the action, the service answers the same call as it did the first time.
 */

import { hex } from "@mshield/gm";

import { owned } from "./dpop.ts";
import type { PendingCall } from "./state.ts";
import type { Vault } from "./store.ts";

/** Time in ms after which the same action is a new operation. */
export const REPEAT_WINDOW_MS = 300_000;

export class Repeats {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** Returns the call's key: the same as before if the same call was sent recently and not answered. */
  async key(call: string, body: Uint8Array, now: number): Promise<string> {
    const started = this.#started(now);
    let known = started[call];
    if (known === undefined) {
      known = { secret: crypto.getRandomValues(new Uint8Array(32)), at: now };
      await this.#vault.change({ unanswered: { ...started, [call]: known } });
    }
    // The key depends on the body: another body is another operation and must not get the first one's key.
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", owned(known.secret), hmac, false, ["sign"]);
    return hex(new Uint8Array(await crypto.subtle.sign("HMAC", key, owned(body))));
  }

  /** Records that the call was answered, so that the same action is a new operation. */
  async answered(call: string, now: number): Promise<void> {
    const { [call]: _, ...unanswered } = this.#started(now);
    await this.#vault.change({ unanswered });
  }

  #started(now: number): Record<string, PendingCall> {
    const kept = Object.entries(this.#vault.state.unanswered).filter(
      ([, { at }]) => now >= at && now - at < REPEAT_WINDOW_MS,
    );
    return Object.fromEntries(kept);
  }
}
