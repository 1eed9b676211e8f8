/** A screen's task: whether it runs, whether it is slow enough to show progress, and what went wrong. */

import { getCurrentScope, onScopeDispose, readonly, type Ref, ref, shallowRef, type ShallowRef } from "vue";

const SLOW_MS = 300;

/**
 * The work; `counts` reports whether its result will be used: not after the screen was left or a later
 * question asked.
 */
type Work<T> = (counts: () => boolean) => Promise<T>;

export interface Task<P> {
  readonly isBusy: Readonly<Ref<boolean>>;
  /** Progress is shown from here on; for quicker work it would only flicker. */
  readonly isSlow: Readonly<Ref<boolean>>;
  readonly problem: ShallowRef<P | null>;
  /**
   * Returns the result, or undefined if it failed, another run is in progress, or the screen was left
   * meanwhile; after a failure `problem` has the reason. What must happen in any case belongs in the work
   * itself.
   */
  run<T>(work: Work<T>): Promise<T | undefined>;
  /** Runs a question that doesn't wait: it begins at once, and an earlier run is discarded. */
  ask<T>(work: Work<T>): Promise<T | undefined>;
  /** Discards the present run. */
  drop(): void;
}

/**
 * Creates a task; `explain` returns what an error means here, or null if the screen needn't report it, for
 * example because the end of the session led away from it. Created in a component's setup, a task ends with
 * the component and then starts nothing.
 */
export function makeTask<P>(explain: (error: unknown) => P | null | Promise<P | null>): Task<P> {
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
      const meaning = counts() ? await explain(error) : null;
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
