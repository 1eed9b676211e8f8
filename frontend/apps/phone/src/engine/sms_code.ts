/**
 * SMS codes and the waiting time until the next one may be requested. The time is kept when the screen is
 * left, and when the browser discards the tab while the user reads their messages.
 */

import { type AnsweredCaptcha, ProblemError, type SmsPurpose } from "@mshield/shield";
import { useIntervalFn, useSessionStorage } from "@vueuse/core";
import { computed, type ComputedRef, ref } from "vue";

import { shield } from "./shield.ts";
import { type Task, useTask } from "./task.ts";

/** Time (ms) from which the next code may be requested, by purpose. */
const nextAt = useSessionStorage<Partial<Record<SmsPurpose, number>>>("mshield-sms", {});
/**
 * Number to which the last valid code was sent, by purpose. Only in this page's memory, since a phone number
 * is personal data.
 */
const sent = new Map<SmsPurpose, { readonly to: string; readonly until: number }>();
/** Longest accepted wait: a clock that was set back must not lock the button. */
const LONGEST_MS = 600_000;

export interface SmsCode extends Task {
  /** Whole seconds until the next code may be requested; 0 if one may be now. */
  readonly wait: ComputedRef<number>;
  /**
   * Returns where the valid code was sent, even if the user has left the screen for help since; null if there
   * is none.
   */
  sentBefore(): string | null;
  /**
   * Requests a code and returns whether it was sent. `phone` is null for the account's own number, `answered`
   * is null if there is no captcha, and `to` is the number as displayed.
   */
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
      const retryAfter = error instanceof ProblemError ? error.extra["retry_after"] : undefined;
      if (typeof retryAfter === "number") {
        waitFor(retryAfter);
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
