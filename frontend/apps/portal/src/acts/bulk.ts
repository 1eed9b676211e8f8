/** What an act does to each of several shields: which it changes, which it leaves and why, which were taken out. */

import { computed, type ComputedRef, type Ref, ref } from "vue";

import { type Act, possibleActs } from "../engine/acts.ts";
import type { Shield } from "../engine/types.ts";

type Standing = Pick<Shield, "state" | "holds">;

/** Why an act leaves a shield as it is, as a word's name; null where it changes it. */
export function skipped(act: Act, { state, holds }: Standing): string | null {
  if (possibleActs({ state, holds }).includes(act)) return null;
  if (state === "revoked" || state === "superseded") return state;
  if (act === "lift_loss") return "notLost";
  if (act === "unfreeze") return "notFrozen";
  if (state !== "active") return state === "pin_locked" || state === "expired" ? state : "issued";
  return act === "report_loss" ? "lostAlready" : "frozenAlready";
}

export interface Chosen {
  /** Numbers that somebody took out in the dialog. */
  readonly out: Ref<readonly string[]>;
  /** Those that the act is done with. */
  readonly kept: ComputedRef<Shield[]>;
  toggle(number: string): void;
}

export function useChosen(act: () => Act, shields: () => readonly Shield[]): Chosen {
  const out = ref<readonly string[]>([]);
  const kept = computed(() =>
    shields().filter(
      (shield) => skipped(act(), shield) === null && !out.value.includes(shield.shield_number),
    ),
  );

  function toggle(number: string): void {
    out.value = out.value.includes(number)
      ? out.value.filter((other) => other !== number)
      : [...out.value, number];
  }

  return { out, kept, toggle };
}
