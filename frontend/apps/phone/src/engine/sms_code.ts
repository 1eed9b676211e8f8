/**
 * SMS codes and the time until the next one may be asked for. That time outlives the screen, and the tab's being
 * discarded while the user reads their messages.
 */

import { type AnsweredCaptcha, ProblemError, type SmsPurpose } from "@mshield/shield";
import { useIntervalFn, useSessionStorage } from "@vueuse/core";
import { computed, type ComputedRef, ref } from "vue";

import { shield } from "./shield.ts";
import { type Task, useTask } from "./task.ts";

/** By purpose, when (ms) the next code may be asked for. */
const nextAt = useSessionStorage<Partial<Record<SmsPurpose, number>>>("mshield-sms", {});
/** By purpose, where a code went that still counts: in this page's memory alone, since a number is somebody's. */
const sent = new Map<SmsPurpose, { readonly to: string; readonly until: number }>();
/** The longest wait that is believed: a clock that was set back must not lock the button. */
const LONGEST_MS = 600_000;

export interface SmsCode extends Task {
  /** Whole seconds until the next code; 0 where one may be asked for. */
  readonly wait: ComputedRef<number>;
  /** Where the code went that still counts, also where the screen was left for help since; null where none did. */
  sentBefore(): string | null;
  /** Asks for a code; true where it was sent. `phone` is null for the account's own, `answered` where none is shown; `to` is the number as it is shown. */
  send(phone: string | null, answered: AnsweredCaptcha | null, to: string): Promise<boolean>;
}

export function useSmsCode(purpose: SmsPurpose): SmsCode {
  const now = ref(Date.now());
  const task = useTask();
  const left = computed(() => (nextAt.value[purpose] ?? 0) - now.value);
  const wait = computed(() => (left.value > 0 && left.value < LONGEST_MS ? Math.ceil(left.value / 1000) : 0));
  const clock = useIntervalFn(tick, 1000, { immediate: wait.value > 0 });

  function tick(): void {
    now.value = Date.now();
    if (wait.value === 0) {
      clock.pause();
    }
  }

  function waitFor(seconds: number): void {
    now.value = Date.now();
    nextAt.value = { ...nextAt.value, [purpose]: now.value + seconds * 1000 };
    clock.resume();
  }

  async function ask(phone: string | null, answered: AnsweredCaptcha | null, to: string): Promise<true> {
    try {
      const { resendIn, expiresIn } = await shield.requestSmsCode(purpose, phone, answered);
      sent.set(purpose, { to, until: Date.now() + expiresIn * 1000 });
      waitFor(resendIn);
      return true;
    } catch (error) {
      const after = error instanceof ProblemError ? error.extra["retry_after"] : undefined;
      if (typeof after === "number") {
        waitFor(after);
      }
      throw error;
    }
  }

  function sentBefore(): string | null {
    const last = sent.get(purpose);
    return last !== undefined && Date.now() < last.until ? last.to : null;
  }

  async function send(phone: string | null, answered: AnsweredCaptcha | null, to: string): Promise<boolean> {
    return wait.value === 0 && ((await task.run(() => ask(phone, answered, to))) ?? false);
  }

  return { ...task, wait, sentBefore, send };
}
