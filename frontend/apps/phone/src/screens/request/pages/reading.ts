/** Progress of showing the pages of a request's documents, and whether the request may be signed. */

import type { Pages } from "@mshield/forms";
import type { Task } from "@mshield/shield";
import { computed, type ComputedRef, reactive, shallowReactive } from "vue";

import { hasPages } from "../confirm/content.ts";

/** Pages of one document that the phone has shown; nothing tells whether somebody read them. */
export interface Reading {
  /** Number of pages; null until the document is open. */
  readonly pages: number | null;
  /** Numbers of the pages shown, from 1. */
  readonly seen: ReadonlySet<number>;
  /** Why the document must not be signed; null if there is no reason. */
  readonly fault: string | null;
  /** True if this phone can't draw all of the document. */
  readonly isBroken: boolean;
}

export const UNOPENED: Reading = { pages: null, seen: new Set(), fault: null, isBroken: false };

export const isFullySeen = ({ pages, seen, fault }: Reading): boolean =>
  fault === null && pages !== null && seen.size >= pages;

/**
 * Returns whether the document may be signed without the rest: only once its kind is known, and never if it
 * must not be signed.
 */
export const canSkip = ({ pages, fault, isBroken }: Reading): boolean =>
  fault === null && (pages !== null || isBroken);

export function unseenPages({ pages, seen }: Reading): number[] {
  return Array.from({ length: pages ?? 0 }, (_, n) => n + 1).filter((page) => !seen.has(page));
}

/** Returns the shown pages as ranges of first and last page. */
export function spansOf(seen: ReadonlySet<number>): Pages["shown"] {
  const spans: [number, number][] = [];
  for (const page of [...seen].toSorted((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last !== undefined && page === last[1] + 1) {
      last[1] = page;
    } else {
      spans.push([page, page]);
    }
  }
  return spans;
}

export interface Readings {
  /** Returns null for a document without pages. */
  of(task: Task): Reading | null;
  note(task: Task, more: Partial<Reading>): void;
  /** Records that the user signs without seeing the rest. */
  skip(task: Task): void;
  isSkipped(task: Task): boolean;
  /** Returns, by `sid` for the engine, the documents signed without having been shown completely. */
  confirmed(): ReadonlyMap<string, "unread">;
  /** Returns, by `sid`, which pages of those were shown, if their number is known. */
  pages(): ReadonlyMap<string, Pages>;
  /** Returns whether nothing prevents signing this one. */
  isDone(task: Task): boolean;
  /** Documents that prevent signing. */
  readonly open: ComputedRef<readonly Task[]>;
}

export function useReadings(tasks: ComputedRef<readonly Task[]>): Readings {
  const readings = shallowReactive(new Map<string, Reading>());
  const skipped = reactive(new Set<string>());
  const of = (task: Task): Reading | null => (hasPages(task) ? (readings.get(task.sid) ?? UNOPENED) : null);
  function isDone(task: Task): boolean {
    const reading = of(task);
    return reading === null || isFullySeen(reading) || (skipped.has(task.sid) && canSkip(reading));
  }
  const unread = (): Task[] => tasks.value.filter((task) => skipped.has(task.sid) && !isFullySeen(of(task)!));
  return {
    of,
    note: (task, more) => readings.set(task.sid, { ...(readings.get(task.sid) ?? UNOPENED), ...more }),
    skip: (task) => skipped.add(task.sid),
    isSkipped: (task) => skipped.has(task.sid),
    confirmed: () => new Map(unread().map((task) => [task.sid, "unread"])),
    pages: () =>
      new Map(
        unread().flatMap((task) => {
          const { pages: count, seen } = of(task)!;
          const isKnown = count !== null && seen.size < count;
          return isKnown ? [[task.sid, { count, shown: spansOf(seen) }] as const] : [];
        }),
      ),
    isDone,
    open: computed(() => tasks.value.filter((task) => !isDone(task))),
  };
}
