/**
 * Entry of the PIN for one operation: a sheet above the screen, from the request to the service until the
 * operation is finished.
 *
 * The digits are in one plain array while they are typed, never in a component's data or in the document, and
 * are overwritten as soon as the engine has them.
 */

import { NetworkError, type PinPrompt, type PinSource, ProblemError } from "@mshield/shield";
import { readonly, shallowReactive } from "vue";

import { hasSealedPin, openPin, removeBiometric } from "./biometric.ts";
import { pauseAfterWrongPin, WARN_FROM } from "./pin_pause.ts";
import { getReady } from "./shield.ts";

/** Content that the sheet repeats: the operation and its subject (business system and amount). */
export interface PinContext {
  readonly title: string;
  readonly act: string;
  /** May be a function, if it depends on the service's information about the PIN in force. */
  readonly detail?: string | ((prompt: PinPrompt) => string);
}

/**
 * Stage of the entry: `connecting` until the service has reported which PIN is in force, then `entering`,
 * then `working` with the six digits.
 */
export type PinStage = "connecting" | "entering" | "working";

interface Entry {
  about: PinContext | null;
  stage: PinStage;
  count: number;
  prompt: PinPrompt | null;
  /** Attempts left after a wrong PIN. */
  wrongLeft: number | null;
  /** True if fingerprint or face can supply this PIN. */
  hasBiometric: boolean;
  /** True if it was just switched off, because its PIN was wrong or couldn't be decrypted. */
  isBiometricGone: boolean;
  /** True if so few tries are left that the user must first confirm to go on. */
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
 * Runs `use` with the PIN, and again after a wrong one. Returns null if the user goes back before submitting
 * one. Raises: NetworkError, at once and without asking for a PIN, if the browser reports no network.
 */
export async function withPin<T>(about: PinContext, use: (pin: PinSource) => Promise<T>): Promise<T | null> {
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
        pauseAfterWrongPin(error.left);
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
    erase(); // drop digits that were typed before the warning appeared
    entry.isWarned = true;
  }
  const hasBiometric = await hasSealedPin(prompt);
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

/** Handles a digit; the sixth submits. Digits typed while the service is still being asked are kept. */
export function press(digit: number): void {
  if (entry.stage === "working" || entry.isWarned || digits.length >= LENGTH) {
    return;
  }
  digits.push(digit);
  entry.count = digits.length;
  submitIfFull();
}

/** Goes on after the warning. */
export function continueAfterWarning(): void {
  entry.isWarned = false;
}

export function pressBack(): void {
  if (entry.stage !== "working" && digits.length > 0) {
    digits[digits.length - 1] = 0;
    digits.pop();
    entry.count = digits.length;
  }
}

/** Asks for fingerprint or face instead of the digits. */
export async function pressBiometric(): Promise<void> {
  // The phone shows one prompt at a time; a second request would be refused and look like a missing feature.
  if (entry.stage !== "entering" || isOpening) {
    return;
  }
  const mine = entered;
  isOpening = true;
  try {
    const pin = await openPin();
    // Use the PIN only for the operation it was requested for, never for a later one.
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

/** Cancels the entry; a submitted PIN can't be withdrawn. */
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

/**
 * Returns true if the browser is surely offline. False may be wrong, since the browser doesn't notice every
 * failure.
 */
const isCutOff = (): boolean => navigator.onLine === false;

function erase(): void {
  digits.fill(0);
  digits.length = 0;
  entry.count = 0;
}
