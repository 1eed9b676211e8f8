/**
 * The PIN: exactly six digits, asked for only after `open` was answered and its proofs checked.
 *
 * A PIN is checked here by form alone; whether it is right only the server learns (protocol, "Keys").
 */

import { PIN_FORM } from "@mshield/gm";

import { PhoneError } from "./errors.ts";

/** What the user should see: tries left, whether others spent some, which PIN (when it was set, ms), of which key. */
export interface PinPrompt {
  readonly keyId: string;
  readonly left: number;
  readonly fell: boolean;
  readonly pinSetAt: number;
}

export type PinSource = string | ((prompt: PinPrompt) => Promise<string> | string);

/** The PIN, or PhoneError `bad_pin_form` where it is not six ASCII digits. */
export function checkedPin(pin: string): string {
  if (!PIN_FORM.test(pin)) {
    throw new PhoneError("bad_pin_form");
  }
  return pin;
}

/** The PIN from its source, checked by form. */
export async function ask(source: PinSource, prompt: PinPrompt): Promise<string> {
  return checkedPin(typeof source === "string" ? source : await source(prompt));
}

/** Refuses a PIN of another form before anything is sent; a source that asks is asked later. */
export function checkGiven(source: PinSource): void {
  if (typeof source === "string") {
    checkedPin(source);
  }
}
