/**
 * Effect of an act on each of several shields: which it changes, which it skips and why, which were removed.
 */

import { computed, type ComputedRef, type Ref, ref } from "vue";

import { type Act, possibleActs } from "../engine/acts.ts";
import type { Shield } from "../engine/types.ts";

type Standing = Pick<Shield, "state" | "holds">;

/** Returns why an act skips a shield, as a word's name; null if it changes it. */
export function skipReason(act: Act, { state, holds }: Standing): string | null {
  if (possibleActs({ state, holds }).includes(act)) return null;
  if (state === "revoked" || state === "superseded") return state;
  if (act === "lift_loss") return "notLost";
  if (act === "unfreeze") return "notFrozen";
  if (state !== "active") return state === "pin_locked" || state === "expired" ? state : "issued";
  return act === "report_loss" ? "lostAlready" : "frozenAlready";
}

export interface BulkSelection {
  /** Numbers of the shields that the user removed in the dialog. */
  readonly out: Ref<readonly string[]>;
  /** Shields that the act is applied to. */
  readonly kept: ComputedRef<Shield[]>;
  toggle(number: string): void;
}

export function useBulkSelection(act: () => Act, shields: () => readonly Shield[]): BulkSelection {
  const out = ref<readonly string[]>([]);
  const kept = computed(() =>
    shields().filter(
      (shield) => skipReason(act(), shield) === null && !out.value.includes(shield.shield_number),
    ),
  );

  function toggle(number: string): void {
    out.value = out.value.includes(number)
      ? out.value.filter((other) => other !== number)
      : [...out.value, number];
  }

  return { out, kept, toggle };
}
