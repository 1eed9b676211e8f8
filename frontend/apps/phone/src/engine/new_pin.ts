/**
 * Choosing a new PIN: enter it, check it against the rules, enter it again.
 *
 * As in pin_entry.ts, the digits are in plain arrays, never in a component's data or in the document, and are
 * overwritten once the PIN is handed on.
 */

import type { ShieldError } from "@mshield/shield";
import { onScopeDispose, readonly, shallowReactive } from "vue";

import { asProblem } from "./task.ts";

/** Stage of the entry. `checking`, between the two entries: testing whether the PIN is too easy to guess. */
export type NewPinStage = "choose" | "checking" | "repeat" | "chosen";

export interface NewPinState {
  readonly stage: NewPinStage;
  readonly count: number;
  /** True if the second entry differed from the first. */
  readonly differs: boolean;
  /** Why the first entry was refused. */
  readonly problem: ShieldError | null;
}

export interface NewPinEntry {
  readonly shown: NewPinState;
  press(digit: number): Promise<void>;
  pressBack(): void;
  /** Goes back to the first entry. */
  restart(): void;
}

const LENGTH = 6;

/**
 * Manages the entry of a new PIN. `check` throws the engine's error if the PIN is refused; `chosen` receives
 * the PIN after the second matching entry.
 */
export function useNewPin(check: (pin: string) => Promise<void>, chosen: (pin: string) => void): NewPinEntry {
  const shown = shallowReactive({
    stage: "choose" as NewPinStage,
    count: 0,
    differs: false,
    problem: null as ShieldError | null,
  });
  const typed: number[] = [];
  const first: number[] = [];
  let turn = 0;

  function restart(): void {
    turn += 1;
    erase(typed);
    erase(first);
    Object.assign(shown, { stage: "choose", count: 0, differs: false, problem: null });
  }

  async function press(digit: number): Promise<void> {
    if (shown.stage === "checking" || shown.stage === "chosen" || typed.length >= LENGTH) {
      return;
    }
    typed.push(digit);
    shown.count = typed.length;
    if (typed.length === LENGTH) {
      await (shown.stage === "choose" ? checkFirst() : compare());
    }
  }

  async function checkFirst(): Promise<void> {
    Object.assign(shown, { stage: "checking", differs: false, problem: null });
    const mine = turn;
    let problem: ShieldError | null = null;
    try {
      await check(typed.join(""));
    } catch (error) {
      problem = asProblem(error);
    }
    // The entry was restarted or left meanwhile, so this result is obsolete.
    if (mine !== turn) {
      return;
    }
    if (problem === null) {
      first.push(...typed);
    }
    Object.assign(shown, { stage: problem === null ? "repeat" : "choose", count: 0, problem });
    erase(typed);
  }

  function compare(): void {
    const isSame = typed.every((digit, i) => digit === first[i]);
    const pin = first.join("");
    restart();
    if (isSame) {
      shown.stage = "chosen";
      shown.count = LENGTH;
      chosen(pin);
    } else {
      shown.differs = true;
    }
  }

  function pressBack(): void {
    if (typed.length > 0 && shown.stage !== "checking") {
      typed[typed.length - 1] = 0;
      typed.pop();
      shown.count = typed.length;
    }
  }

  onScopeDispose(restart);
  return { shown: readonly(shown), press, pressBack, restart };
}

function erase(digits: number[]): void {
  digits.fill(0);
  digits.length = 0;
}
