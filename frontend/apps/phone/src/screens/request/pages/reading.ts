/** How far documents of pages were shown, and whether the signature may be asked for: one for all that a request holds. */

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

/** What `finish` says of a document: shown as it must be, or signed without. */
export type Confirmed = "none" | "unread";

export interface Readings {
  /** Null for a document that has no pages. */
  of(task: Task): Reading | null;
  note(task: Task, more: Partial<Reading>): void;
  /** The person signs without seeing the rest. */
  skip(task: Task): void;
  isSkipped(task: Task): boolean;
  confirmed(task: Task): Confirmed;
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
  return {
    of,
    note: (task, more) => readings.set(task.sid, { ...(readings.get(task.sid) ?? UNOPENED), ...more }),
    skip: (task) => skipped.add(task.sid),
    isSkipped: (task) => skipped.has(task.sid),
    confirmed(task) {
      const reading = of(task);
      return reading === null || isWhole(reading) ? "none" : "unread";
    },
    isDone,
    open: computed(() => tasks.value.filter((task) => !isDone(task))),
  };
}
