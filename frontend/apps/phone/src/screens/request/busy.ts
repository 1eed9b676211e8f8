/** Work that is done one at a time; slow work is told from 300 ms on. For work whose errors are told elsewhere. */

import { readonly, type Ref, ref } from "vue";

const SLOW_MS = 300;

export interface Busy {
  readonly isBusy: Readonly<Ref<boolean>>;
  readonly isSlow: Readonly<Ref<boolean>>;
  /** After the work that goes on, if any; undefined where this failed. */
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
