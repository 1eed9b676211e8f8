/** One piece of work of a screen: whether it runs, whether it is slow enough to be told, and what went wrong. */

import { readonly, type Ref, ref, shallowRef, type ShallowRef } from "vue";

const SLOW_MS = 300;

export interface Task<P> {
  readonly isBusy: Readonly<Ref<boolean>>;
  /** Progress is shown from here on; what is quicker would only flicker. */
  readonly isSlow: Readonly<Ref<boolean>>;
  readonly problem: ShallowRef<P | null>;
  /** The result, or undefined where it failed or another run is under way; then `problem` says why. */
  run<T>(work: () => Promise<T>): Promise<T | undefined>;
}

/** A task; `judge` tells what an error means here.
 *
 * It gives null where the screen need not tell, as when the session's end led away from it.
 */
export function makeTask<P>(judge: (error: unknown) => P | null | Promise<P | null>): Task<P> {
  const isBusy = ref(false);
  const isSlow = ref(false);
  const problem = shallowRef<P | null>(null) as ShallowRef<P | null>;

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
      problem.value = await judge(error);
      return undefined;
    } finally {
      clearTimeout(timer);
      isBusy.value = false;
      isSlow.value = false;
    }
  }

  return { isBusy: readonly(isBusy), isSlow: readonly(isSlow), problem, run };
}
