/** The lines of a batch's list: what of each document stands in it, read from its content. */

import { moneyText } from "@mshield/look/drawn_text.ts";
import { honestValue } from "@mshield/look/honest_text.ts";
import type { Task, TaskReading } from "@mshield/shield";

export interface BatchRow {
  readonly sid: string;
  readonly name: string;
  readonly more: string | null;
  /** The content's, or none: what the asker calls one is no fact. */
  readonly amount: string | null;
}

/** What else tells one from another: number and party. */
export const factsOf = (reading: TaskReading | null): readonly (string | null)[] =>
  [reading?.key?.list.number ?? null, reading?.key?.list.party ?? null].map(
    (text) => text && honestValue(text),
  );

/** The kind of all of them, where they are of one and a number tells them apart. */
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
 * Whether amount, number and party stand for the whole, so that it needn't be opened: all of them read from the content by
 * its view, nothing of it beside them that the view leaves out, and nothing that wants a second confirmation.
 */
export const standsInList = ({ view, reading }: Pick<Task, "view" | "reading">): boolean =>
  view !== null &&
  reading !== null &&
  reading.key?.isComplete === true &&
  !reading.key.isAtOdds &&
  !reading.isMismatch;
