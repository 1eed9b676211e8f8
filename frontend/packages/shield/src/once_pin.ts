/** The PIN of a renewal: asked for once, and refused if it is too easy, since a renewal extends its use. */

import { PhoneError } from "./errors.ts";
import type { Operation } from "./operation.ts";
import { ask, type PinPrompt, type PinSource } from "./pin.ts";
import { fetchPolicy, type Holder, type PinPolicy, requireStrong } from "./pin_rules.ts";

export class OncePin {
  readonly #source: PinSource;
  readonly #policy: PinPolicy;
  readonly #holder: Holder;
  #pin: string | null = null;

  private constructor(source: PinSource, policy: PinPolicy, holder: Holder) {
    this.#source = source;
    this.#policy = policy;
    this.#holder = holder;
  }

  /** Throws: PhoneError `weak_pin`, at once if the PIN is passed as a text. */
  static async of(
    operation: Operation,
    source: PinSource,
    holderBy: (policy: PinPolicy) => Promise<Holder>,
  ): Promise<OncePin> {
    const policy = await fetchPolicy(operation);
    const once = new OncePin(source, policy, await holderBy(policy));
    if (typeof source === "string") {
      once.#accept(source);
    }
    return once;
  }

  /** Source for each signature; it asks the user only the first time. */
  readonly source = async (prompt: PinPrompt): Promise<string> =>
    this.#pin ?? this.#accept(await ask(this.#source, prompt));

  /** The PIN that the old key has shown to be right. */
  get pin(): string {
    if (this.#pin === null) {
      throw new PhoneError("bad_pin_form");
    }
    return this.#pin;
  }

  #accept(pin: string): string {
    requireStrong(pin, this.#policy, this.#holder);
    this.#pin = pin;
    return pin;
  }
}
