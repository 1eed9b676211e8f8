/** The rows of a batch's list: the facts about each document, read from its content. */

import { moneyText } from "@mshield/look/drawn_text.ts";
import { honestValue } from "@mshield/look/honest_text.ts";
import type { Task, TaskReading } from "@mshield/shield";

export interface BatchRow {
  readonly sid: string;
  readonly name: string;
  readonly more: string | null;
  /** The content's amount, or null; an amount in the requester's own words isn't used. */
  readonly amount: string | null;
}

/** Returns what distinguishes documents of one kind: number and party. */
export const factsOf = (reading: TaskReading | null): readonly (string | null)[] =>
  [reading?.key?.list.number ?? null, reading?.key?.list.party ?? null].map(
    (text) => text && honestValue(text),
  );

/**
 * Returns the common title of all documents, if they are of one kind and have numbers to tell them apart;
 * otherwise null.
 */
export function commonTitle(tasks: readonly Task[]): string | null {
  const [first, ...others] = tasks.map(({ reading }) => reading?.key);
  const isOne = [first, ...others].every((key) => key && key.title === first?.title && key.list.number);
  return isOne && first ? honestValue(first.title) : null;
}

export function rowsOf(tasks: readonly Task[]): BatchRow[] {
  const isOneKind = commonTitle(tasks) !== null;
  return tasks.map(({ sid, title, reading }) => {
    const key = reading?.key;
    const [number, party] = factsOf(reading);
    const amount = key?.amount?.values.map(moneyText).join("  ") ?? null;
    const name = isOneKind ? number! : honestValue(key?.title ?? title);
    const facts = isOneKind ? [party] : [number, party];
    return { sid, name, more: facts.filter(Boolean).join(" · ") || null, amount };
  });
}

/**
 * Returns whether amount, number and party represent the whole document, so that it needn't be opened: a view
 * read all of them from the content, the view omits nothing, and nothing needs a second confirmation.
 */
export const isCompleteInList = ({ view, reading }: Pick<Task, "view" | "reading">): boolean =>
  view !== null &&
  reading !== null &&
  reading.key !== null &&
  reading.key.isComplete &&
  !reading.key.isAtOdds &&
  !reading.isMismatch;
