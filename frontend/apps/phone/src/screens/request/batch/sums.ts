/**
 * The total of a batch's documents: exact, computed on this phone, one line per currency, never converted.
 */

import { moneyText } from "@mshield/look/drawn_text.ts";
import type { Task } from "@mshield/shield";
import { commaNumber, readDecimal, Sum } from "@mshield/views/numbers.ts";

export interface Sums {
  /** One line per currency, in order of first occurrence. */
  readonly lines: readonly { readonly name: string; readonly number: string; readonly text: string }[];
  /** Number of documents without an amount read by a view. */
  readonly without: number;
}

export function sumsOf(tasks: readonly Pick<Task, "reading">[]): Sums {
  const sums = new Map<string, { readonly name: string | null; readonly sum: Sum }>();
  let without = 0;
  for (const { reading } of tasks) {
    const values = reading?.key?.amount?.values ?? [];
    without += values.length === 0 ? 1 : 0;
    for (const { currency, name, number } of values) {
      const decimal = readDecimal(number, false);
      if (decimal === null) {
        throw new TypeError("a drawn amount that is no number");
      }
      const entry = sums.get(currency ?? "") ?? { name, sum: new Sum() };
      entry.sum.add(decimal);
      sums.set(currency ?? "", entry);
    }
  }
  const lines = [...sums.values()].map(({ name, sum }) => {
    const number = commaNumber(sum.decimal);
    const text = moneyText({ name, text: number });
    return { name: name ?? "", number, text };
  });
  return { lines, without };
}
