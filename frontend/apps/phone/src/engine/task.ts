/** One piece of work of a screen: whether it runs, whether it is slow enough to be told, and what went wrong. */

import { ShieldError } from "@mshield/shield";
import { readonly, type Ref, ref, shallowRef, type ShallowRef } from "vue";

import { hasEnded } from "./phone.ts";
import { toLogin } from "./to_login.ts";

const SLOW_MS = 300;

export interface Task {
  readonly isBusy: Readonly<Ref<boolean>>;
  /** Progress is shown from here on; what is quicker would only flicker. */
  readonly isSlow: Readonly<Ref<boolean>>;
  readonly problem: ShallowRef<ShieldError | null>;
  /** The result, or undefined where it failed or another run is under way; then `problem` says why. */
  run<T>(work: () => Promise<T>): Promise<T | undefined>;
}

/** An error of any kind as one with a code and sentences. */
export function asProblem(error: unknown): ShieldError {
  if (error instanceof ShieldError) {
    return error;
  }
  console.error(error);
  return new ShieldError("app_failed", undefined, {
    zh: "本应用出错了，没有提交任何内容。请重新打开后再试",
    en: "The app has failed; nothing was sent. Open it again and try once more",
  });
}

export function useTask(): Task {
  const isBusy = ref(false);
  const isSlow = ref(false);
  const problem = shallowRef<ShieldError | null>(null);

  async function run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (isBusy.value) {
      return undefined;
    }
    isBusy.value = true;
    problem.value = null;
    const timer = setTimeout(() => (isSlow.value = true), SLOW_MS);
    try {
      return await work();
    } catch (error) {
      if (hasEnded(error)) {
        await toLogin();
      } else {
        problem.value = asProblem(error);
      }
      return undefined;
    } finally {
      clearTimeout(timer);
      isBusy.value = false;
      isSlow.value = false;
    }
  }

  return { isBusy: readonly(isBusy), isSlow: readonly(isSlow), problem, run };
}
