/**
 * A queue that runs one task at a time and reports tasks slower than 300 ms. For tasks whose errors are shown
 * elsewhere.
 */

import { readonly, type Ref, ref } from "vue";

const SLOW_MS = 300;

export interface Busy {
  readonly isBusy: Readonly<Ref<boolean>>;
  readonly isSlow: Readonly<Ref<boolean>>;
  /** Runs `work` after the current task, if any. Returns undefined if `work` fails. */
  run<T>(work: () => Promise<T>): Promise<T | undefined>;
}

export function useBusy(): Busy {
  const isBusy = ref(false);
  const isSlow = ref(false);
  let last: Promise<unknown> = Promise.resolve();

  async function run<T>(work: () => Promise<T>): Promise<T | undefined> {
    const mine = last.then(async () => await reported(work));
    last = mine;
    return await mine;
  }

  async function reported<T>(work: () => Promise<T>): Promise<T | undefined> {
    isBusy.value = true;
    const timer = setTimeout(() => (isSlow.value = true), SLOW_MS);
    try {
      return await work();
    } catch (error) {
      console.error(error);
      return undefined;
    } finally {
      clearTimeout(timer);
      isBusy.value = false;
      isSlow.value = false;
    }
  }

  return { isBusy: readonly(isBusy), isSlow: readonly(isSlow), run };
}
