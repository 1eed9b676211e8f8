/** Shows the second factor again: by a security key where they have one, else by the code that their app shows. */

import type { Problem } from "@mshield/desk/problem.ts";
import { useTask } from "@mshield/desk/task.ts";
import { computed, type ComputedRef, type Ref, ref, shallowRef } from "vue";

import { askSecondFactor, showByCode, showByKey } from "../engine/login.ts";
import { knowsKeys } from "../engine/security_key.ts";
import type { FactorAsked } from "../engine/types.ts";

export interface SecondFactor {
  readonly code: Ref<string>;
  /** What keeps the dialog: the question that comes first doesn't, so that one can leave while it is under way. */
  readonly showing: ReturnType<typeof useTask>;
  readonly byCode: ComputedRef<boolean>;
  /** Both kinds are there, so that one can be taken for the other. */
  readonly hasChoice: ComputedRef<boolean>;
  /** The code has its six digits, and what is to be shown is known, or about to be. */
  readonly isWhole: ComputedRef<boolean>;
  turn(): void;
  readonly problem: ComputedRef<Problem | null>;
  /** Whether it was shown by this; `problem` says why not. */
  show(): Promise<boolean>;
}

export function useSecondFactor(): SecondFactor {
  const code = ref("");
  const begun = shallowRef<FactorAsked | null>(null);
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
    // A second press would throw away what the first one shows.
    if (showing.isBusy.value) return false;
    const done = await showing.run(async () => {
      // Who types faster than the service answers is waited for, not passed over.
      const question = begun.value ?? (await first);
      if (question === null) return false;
      if (isByCode || key.value === null) await showByCode(question.id, code.value);
      else await showByKey(question.id, key.value);
      return true;
    });
    if (done !== undefined) return done;
    // Each asking serves once, so that a wrong code needs another.
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
