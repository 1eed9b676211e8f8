/** How far documents of pages were shown, and whether the signature may be asked for: one for all that a request holds. */

import type { Pages } from "@mshield/forms";
import type { Task } from "@mshield/shield";
import { computed, type ComputedRef, reactive, shallowReactive } from "vue";

import { isOfPages } from "../confirm/content.ts";

/** What a phone knows: that it showed a page, never that somebody read it. */
export interface Reading {
  /** All pages; null until the document is open. */
  readonly pages: number | null;
  /** Numbers of those shown, from 1. */
  readonly seen: ReadonlySet<number>;
  /** Why it must not be signed. */
  readonly fault: string | null;
  /** This phone can't draw all of it. */
  readonly isBroken: boolean;
}

export const UNOPENED: Reading = { pages: null, seen: new Set(), fault: null, isBroken: false };

export const isWhole = ({ pages, seen, fault }: Reading): boolean =>
  fault === null && pages !== null && seen.size >= pages;

/** Signing without the rest: not before it is known what it is, and never where it must not be signed. */
export const maySkip = ({ pages, fault, isBroken }: Reading): boolean =>
  fault === null && (pages !== null || isBroken);

export function unseenPages({ pages, seen }: Reading): number[] {
  return Array.from({ length: pages ?? 0 }, (_, n) => n + 1).filter((page) => !seen.has(page));
}

/** The pages that were on the screen, as spans of first and last page. */
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
  /** Null for a document that has no pages. */
  of(task: Task): Reading | null;
  note(task: Task, more: Partial<Reading>): void;
  /** The person signs without seeing the rest. */
  skip(task: Task): void;
  isSkipped(task: Task): boolean;
  /** For the engine, by `sid`: what is signed without having been shown whole. */
  confirmed(): ReadonlyMap<string, "unread">;
  /** By `sid`: which pages of those were on the screen, where it is known how many there are. */
  pages(): ReadonlyMap<string, Pages>;
  /** Whether nothing hinders the signature of this one. */
  isDone(task: Task): boolean;
  /** Those that hinder it. */
  readonly open: ComputedRef<readonly Task[]>;
}

export function useReadings(tasks: ComputedRef<readonly Task[]>): Readings {
  const readings = shallowReactive(new Map<string, Reading>());
  const skipped = reactive(new Set<string>());
  const of = (task: Task): Reading | null => (isOfPages(task) ? (readings.get(task.sid) ?? UNOPENED) : null);
  function isDone(task: Task): boolean {
    const reading = of(task);
    return reading === null || isWhole(reading) || (skipped.has(task.sid) && maySkip(reading));
  }
  const unread = (): Task[] => tasks.value.filter((task) => skipped.has(task.sid) && !isWhole(of(task)!));
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
