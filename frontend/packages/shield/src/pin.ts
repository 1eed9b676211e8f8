/**
 * The PIN: exactly six digits, requested only after `open` was answered and its proofs checked.
 *
 * Only its form is checked here; whether it is right only the server learns (protocol, "Keys").
 */

import { PIN_FORM } from "@mshield/gm";

import { PhoneError } from "./errors.ts";

/**
 * Data shown to the user beside the PIN: attempts left, whether somebody else used some (`fell`), time (ms) at which
 * the PIN was set, and the key's id.
 */
export interface PinPrompt {
  readonly keyId: string;
  readonly left: number;
  readonly fell: boolean;
  readonly pinSetAt: number;
}

export type PinSource = string | ((prompt: PinPrompt) => Promise<string> | string);

/** Returns the PIN. Throws: PhoneError `bad_pin_form` unless it is six ASCII digits. */
export function requirePin(pin: string): string {
  if (!PIN_FORM.test(pin)) {
    throw new PhoneError("bad_pin_form");
  }
  return pin;
}

/** Gets the PIN from its source and checks its form. */
export async function ask(source: PinSource, prompt: PinPrompt): Promise<string> {
  return requirePin(typeof source === "string" ? source : await source(prompt));
}

/** Refuses a malformed PIN before anything is sent; a source that is a function is called later. */
export function requirePinForm(source: PinSource): void {
  if (typeof source === "string") {
    requirePin(source);
  }
}
