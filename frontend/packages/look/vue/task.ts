/** One piece of work of a screen: whether it runs, whether it is slow enough to be told, and what went wrong. */

import { getCurrentScope, onScopeDispose, readonly, type Ref, ref, shallowRef, type ShallowRef } from "vue";

const SLOW_MS = 300;

/** What is done; `counts` tells whether its result will: not once the screen was left, or a later question took its place. */
type Work<T> = (counts: () => boolean) => Promise<T>;

export interface Task<P> {
  readonly isBusy: Readonly<Ref<boolean>>;
  /** Progress is shown from here on; what is quicker would only flicker. */
  readonly isSlow: Readonly<Ref<boolean>>;
  readonly problem: ShallowRef<P | null>;
  /**
   * The result, or undefined where it failed, another run is under way, or the screen was left meanwhile; where it failed
   * `problem` says why. What must be done in any case is done in the work itself.
   */
  run<T>(work: Work<T>): Promise<T | undefined>;
  /** The same for a question that doesn't wait: it begins at once, and what runs before it counts no more. */
  ask<T>(work: Work<T>): Promise<T | undefined>;
  /** What runs counts no more. */
  drop(): void;
}

/** A task; `judge` tells what an error means here.
 *
 * It gives null where the screen need not tell, as when the session's end led away from it. Made in a component's setup a
 * task ends with the component: then nothing is begun any more.
 */
export function makeTask<P>(judge: (error: unknown) => P | null | Promise<P | null>): Task<P> {
  const isBusy = ref(false);
  const isSlow = ref(false);
  const problem = shallowRef<P | null>(null) as ShallowRef<P | null>;
  let turn = 0;
  let isOver = false;

  async function ask<T>(work: Work<T>): Promise<T | undefined> {
    if (isOver) {
      return undefined;
    }
    drop();
    const mine = turn;
    const counts = (): boolean => mine === turn;
    isBusy.value = true;
    problem.value = null;
    const timer = setTimeout(() => counts() && (isSlow.value = true), SLOW_MS);
    try {
      const result = await work(counts);
      return counts() ? result : undefined;
    } catch (error) {
      const meaning = counts() ? await judge(error) : null;
      if (counts()) {
        problem.value = meaning;
      }
      return undefined;
    } finally {
      clearTimeout(timer);
      if (counts()) {
        drop();
      }
    }
  }

  async function run<T>(work: Work<T>): Promise<T | undefined> {
    return isBusy.value ? undefined : await ask(work);
  }

  function drop(): void {
    turn += 1;
    isBusy.value = false;
    isSlow.value = false;
  }

  if (getCurrentScope()) {
    onScopeDispose(() => {
      isOver = true;
      drop();
    });
  }
  return { isBusy: readonly(isBusy), isSlow: readonly(isSlow), problem, run, ask, drop };
}
