/**
 * Entering the PIN for one act: a sheet over the screen, from the moment the service is asked until the act is done.
 *
 * The digits stand in one plain array while they are typed, never in a component's data or in the document, and are
 * overwritten as soon as the engine has them.
 */

import { NetworkError, type PinPrompt, type PinSource, ProblemError } from "@mshield/shield";
import { readonly, shallowReactive } from "vue";

import { fitsBiometric, openPin, removeBiometric } from "./biometric.ts";
import { restAfterWrong, WARN_FROM } from "./pin_pause.ts";
import { getReady } from "./shield.ts";

/** What the sheet repeats: the act, and what it is about (business system and amount). */
export interface PinAbout {
  readonly title: string;
  readonly act: string;
  /** May wait for what the service says of the PIN in force. */
  readonly detail?: string | ((prompt: PinPrompt) => string);
}

/** `connecting` until the service has said which PIN is in force, `entering`, then `working` on the six digits. */
export type PinStage = "connecting" | "entering" | "working";

interface Entry {
  about: PinAbout | null;
  stage: PinStage;
  count: number;
  prompt: PinPrompt | null;
  /** Attempts left after a wrong PIN. */
  wrongLeft: number | null;
  /** Fingerprint or face can give this PIN. */
  hasBiometric: boolean;
  /** It was switched off here, because what it gave was wrong or couldn't be opened. */
  isBiometricGone: boolean;
  /** So few tries are left that the user is asked first whether to go on. */
  isWarned: boolean;
}

class Cancelled extends Error {}

const LENGTH = 6;
const entry = shallowReactive<Entry>({
  about: null,
  stage: "connecting",
  count: 0,
  prompt: null,
  wrongLeft: null,
  hasBiometric: false,
  isBiometricGone: false,
  isWarned: false,
});
const NOTHING = {
  prompt: null,
  wrongLeft: null,
  hasBiometric: false,
  isBiometricGone: false,
  isWarned: false,
};
const digits: number[] = [];
let isCancelled = false;
let isFromBiometric = false;
let isOpening = false;
let entered: { resolve: (pin: string) => void; reject: (reason: Error) => void } | null = null;

export const pinEntry = readonly(entry) as Readonly<Entry>;

/**
 * Does `use` under the PIN, again after a wrong one; null where the user went back before they gave one. Where the phone knows
 * that it has no network no PIN is taken: NetworkError at once.
 */
export async function withPin<T>(about: PinAbout, use: (pin: PinSource) => Promise<T>): Promise<T | null> {
  if (isCutOff()) {
    throw new NetworkError("offline");
  }
  getReady();
  isCancelled = false;
  Object.assign(entry, { ...NOTHING, about });
  try {
    for (;;) {
      entry.stage = "connecting";
      try {
        return await use(ask);
      } catch (error) {
        if (!(error instanceof ProblemError && error.code === "wrong_pin")) {
          throw error;
        }
        entry.wrongLeft = error.left;
        restAfterWrong(error.left);
        if (isFromBiometric) {
          await giveBiometricUp();
        }
      }
    }
  } catch (error) {
    if (error instanceof Cancelled) {
      return null;
    }
    throw error;
  } finally {
    erase();
    Object.assign(entry, { ...NOTHING, about: null });
  }
}

async function ask(prompt: PinPrompt): Promise<string> {
  if (isCancelled) {
    throw new Cancelled();
  }
  isFromBiometric = false;
  if (prompt.left <= WARN_FROM) {
    erase(); // what was typed before the warning was typed without it
    entry.isWarned = true;
  }
  const hasBiometric = await fitsBiometric(prompt);
  if (isCancelled) {
    throw new Cancelled();
  }
  Object.assign(entry, { prompt, stage: "entering", hasBiometric });
  const pin = await new Promise<string>((resolve, reject) => {
    entered = { resolve, reject };
    submitIfFull();
  });
  entry.stage = "working";
  return pin;
}

/** A digit was pressed; the sixth submits. Digits typed while the service is still asked are kept. */
export function press(digit: number): void {
  if (entry.stage === "working" || entry.isWarned || digits.length >= LENGTH) {
    return;
  }
  digits.push(digit);
  entry.count = digits.length;
  submitIfFull();
}

/** The warning was read, and the user goes on. */
export function goOnWarned(): void {
  entry.isWarned = false;
}

export function pressBack(): void {
  if (entry.stage !== "working" && digits.length > 0) {
    digits[digits.length - 1] = 0;
    digits.pop();
    entry.count = digits.length;
  }
}

/** Fingerprint or face instead of the digits. */
export async function pressBiometric(): Promise<void> {
  // The phone asks once at a time: refused a second time it would look as if it couldn't.
  if (entry.stage !== "entering" || isOpening) {
    return;
  }
  const mine = entered;
  isOpening = true;
  try {
    const pin = await openPin();
    // It is for the act over which it was asked for, and for no later one.
    if (pin !== null && mine !== null && entered === mine) {
      erase();
      isFromBiometric = true;
      entered.resolve(pin);
      entered = null;
    }
  } catch {
    await giveBiometricUp();
  } finally {
    isOpening = false;
  }
}

async function giveBiometricUp(): Promise<void> {
  await removeBiometric();
  Object.assign(entry, { hasBiometric: false, isBiometricGone: true });
}

/** The user goes back; a PIN that was given is not taken back. */
export function cancelPin(): void {
  if (entry.stage === "working") {
    return;
  }
  isCancelled = true;
  entered?.reject(new Cancelled());
  entered = null;
}

function submitIfFull(): void {
  if (digits.length === LENGTH && entered !== null) {
    if (isCutOff()) {
      erase();
      entered.reject(new NetworkError("offline"));
      entered = null;
      return;
    }
    const pin = digits.join("");
    erase();
    entered.resolve(pin);
    entered = null;
  }
}

/** Surely without a network; the browser doesn't know of every failure. */
const isCutOff = (): boolean => navigator.onLine === false;

function erase(): void {
  digits.fill(0);
  digits.length = 0;
  entry.count = 0;
}
