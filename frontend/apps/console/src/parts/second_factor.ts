/** Second factor given again: by a security key if there is one, else by the authenticator's code. */

import type { Problem } from "@mshield/desk/problem.ts";
import { useTask } from "@mshield/desk/task.ts";
import { computed, type ComputedRef, type Ref, ref, shallowRef } from "vue";

import { askSecondFactor, showByCode, showByKey } from "../engine/login.ts";
import { knowsKeys } from "../engine/security_key.ts";
import type { FactorChallenge } from "../engine/types.ts";

export interface SecondFactor {
  readonly code: Ref<string>;
  /**
   * The task that keeps the dialog open; the preceding request doesn't, so that the user can leave meanwhile.
   */
  readonly showing: ReturnType<typeof useTask>;
  readonly byCode: ComputedRef<boolean>;
  /** True if both kinds exist, so that the user can switch. */
  readonly hasChoice: ComputedRef<boolean>;
  /** True if the code has six digits, and what to show is known or being loaded. */
  readonly isWhole: ComputedRef<boolean>;
  turn(): void;
  readonly problem: ComputedRef<Problem | null>;
  /** Gives the factor; returns whether it was accepted, otherwise `problem` has the reason. */
  show(): Promise<boolean>;
}

export function useSecondFactor(): SecondFactor {
  const code = ref("");
  const begun = shallowRef<FactorChallenge | null>(null);
  const [asking, showing] = [useTask(), useTask()];
  const wantsCode = ref(false);
  const key = computed(() => (knowsKeys() ? (begun.value?.key ?? null) : null));
  const hasCode = computed(() => begun.value?.factors.includes("totp") ?? false);
  const byCode = computed(() => key.value === null || wantsCode.value);
  const isWhole = computed(
    () =>
      (begun.value !== null || asking.isBusy.value) &&
      (!byCode.value || code.value.replace(/\s/g, "").length === 6),
  );

  async function show(): Promise<boolean> {
    const isByCode = byCode.value;
    // A second press would discard what the first one gives.
    if (showing.isBusy.value) return false;
    const done = await showing.run(async () => {
      // If the user types faster than the service answers, waits for the answer.
      const question = begun.value ?? (await first);
      if (question === null) return false;
      if (isByCode || key.value === null) await showByCode(question.id, code.value);
      else await showByKey(question.id, key.value);
      return true;
    });
    if (done !== undefined) return done;
    // Each request can be used once, so a wrong code needs another.
    code.value = "";
    const { value: problem } = showing.problem;
    begun.value = await askSecondFactor().catch(() => null);
    showing.problem.value = problem;
    return false;
  }

  const first = asking.run(askSecondFactor).then((asked) => (begun.value = asked ?? null));
  return {
    code,
    showing,
    problem: computed(() => showing.problem.value ?? asking.problem.value),
    byCode,
    hasChoice: computed(() => key.value !== null && hasCode.value),
    isWhole,
    turn: () => (wantsCode.value = !wantsCode.value),
    show,
  };
}
