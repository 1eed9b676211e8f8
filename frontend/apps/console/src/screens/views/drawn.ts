/** Rendered lines (`mshield-drawn/v1`) as one list, and the comparison of two such lists. */

import {
  cellText,
  type DrawnCell,
  type DrawnMoney,
  moneyText,
  contradictingName,
} from "@mshield/look/drawn_text.ts";
import { honestValue } from "@mshield/look/honest_text.ts";
import type { Translator } from "@mshield/look/vue/words.ts";

interface Part {
  readonly label: string;
  readonly rows?: readonly (DrawnCell & { readonly label: string })[];
  readonly columns?: readonly { readonly label: string }[];
  readonly lines?: readonly (readonly (DrawnCell | null)[])[];
}

export interface Drawn {
  readonly title: string;
  readonly amount: {
    readonly label: string;
    readonly computed: boolean;
    readonly values: readonly DrawnMoney[];
  } | null;
  readonly body: readonly Part[];
  readonly checks: readonly {
    readonly label: string;
    readonly agrees: boolean;
    readonly sum: readonly DrawnMoney[];
    readonly declared: readonly DrawnMoney[];
  }[];
  readonly rest: readonly { readonly path: string; readonly value: string }[];
  readonly not_shown: readonly { readonly path: string; readonly count: number }[];
  readonly not_shown_more: number;
}

export interface Line {
  /** The heading above it; empty at the top. */
  readonly section: string;
  readonly label: string;
  readonly value: string;
  /** True if a code contradicts its name, or a sum the declared one. */
  readonly isWrong: boolean;
}

export type Change = "same" | "changed" | "added" | "gone";

export interface Pair {
  readonly before: Line | null;
  readonly after: Line | null;
  readonly change: Change;
}

/** Returns all displayed lines in order. */
export function linesOf(drawn: Drawn, t: Translator["t"]): Line[] {
  const { amount } = drawn;
  const title = line("", t("drawn.title"), honestValue(drawn.title));
  const figure = amount
    ? [line("", amount.label, moneyOf(amount.values) + (amount.computed ? t("drawn.computed") : ""))]
    : [];
  const body = drawn.body.flatMap(({ label, rows, columns, lines }) => [
    ...(rows ?? []).map((row) => line(label, row.label, valueOf(row, t), row.conflict === true)),
    ...(lines ?? []).flatMap((cells, number) =>
      cells.flatMap((cell, at) =>
        cell === null
          ? []
          : [
              line(
                t("drawn.line", { part: label, n: number + 1 }),
                columns?.[at]?.label ?? "",
                valueOf(cell, t),
                cell.conflict === true,
              ),
            ],
      ),
    ),
  ]);
  const checks = drawn.checks.map(({ label, agrees, sum, declared }) =>
    line(
      t("drawn.checks"),
      label,
      agrees
        ? t("drawn.agrees", { sum: moneyOf(sum) })
        : t("drawn.differs", { sum: moneyOf(sum), declared: moneyOf(declared) }),
      !agrees,
    ),
  );
  const rest = drawn.rest.map(({ path, value }) => line(t("drawn.rest"), path, honestValue(value)));
  return [title, ...figure, ...body, ...checks, ...rest];
}

/** Aligns two lists: a line is identified by its heading, label and occurrence. */
export function alignLines(before: readonly Line[], after: readonly Line[]): Pair[] {
  const [olds, news] = [byKey(before), byKey(after)];
  const [order, pairs] = [[...olds.keys()], [] as Pair[]];
  let at = 0;
  const passUpTo = (end: number): void => {
    for (; at < end; at += 1) {
      const key = order[at]!;
      if (!news.has(key)) pairs.push({ before: olds.get(key)!, after: null, change: "gone" });
    }
  };
  const places = new Map(order.map((key, place) => [key, place]));
  for (const [key, now] of news) {
    const old = olds.get(key) ?? null;
    if (old === null) {
      pairs.push({ before: null, after: now, change: "added" });
    } else {
      passUpTo(places.get(key)!);
      pairs.push({ before: old, after: now, change: old.value === now.value ? "same" : "changed" });
    }
  }
  passUpTo(order.length);
  return pairs;
}

export interface HiddenContent {
  readonly path: string;
  readonly count: number;
  /** True if the version in force shows it. */
  readonly isNew: boolean;
}

/** Returns hidden content of all samples, by path; `more` counts leaves whose paths aren't listed. */
export function hiddenContent(
  samples: readonly { readonly before: Drawn | null; readonly after: Drawn | null }[],
): { readonly paths: readonly HiddenContent[]; readonly more: number } {
  const [counts, was] = [new Map<string, number>(), new Set<string>()];
  let [more, hasBefore] = [0, false];
  for (const { before, after } of samples) {
    hasBefore ||= before !== null;
    before?.not_shown.forEach(({ path }) => was.add(path));
    after?.not_shown.forEach(({ path, count }) => counts.set(path, (counts.get(path) ?? 0) + count));
    more += after?.not_shown_more ?? 0;
  }
  const paths = [...counts].map(([path, count]) => ({
    path: honestValue(path),
    count,
    isNew: hasBefore && !was.has(path),
  }));
  return { paths, more };
}

/** Returns the name of a place in a view, such as a row's label; null if it has none. */
export function labelAt(view: unknown, pointer: string): string | null {
  const steps = pointer.split("/").slice(1);
  let [place, label]: [unknown, string | null] = [view, null];
  for (const step of steps) {
    place = Object(place)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
    const named = Object(place)["label"];
    if (typeof named === "string") label = label === null ? named : `${label} / ${named}`;
  }
  return label === null ? null : honestValue(label);
}

function byKey(lines: readonly Line[]): Map<string, Line> {
  const [seen, keyed] = [new Map<string, number>(), new Map<string, Line>()];
  for (const entry of lines) {
    const key = `${entry.section}\n${entry.label}`;
    const number = (seen.get(key) ?? 0) + 1;
    seen.set(key, number);
    keyed.set(`${key}\n${number}`, entry);
  }
  return keyed;
}

function line(section: string, label: string, value: string, isWrong = false): Line {
  return { section: honestValue(section), label: honestValue(label), value, isWrong };
}

const moneyOf = (values: readonly DrawnMoney[]): string => values.map(moneyText).join("；");

function valueOf(cell: DrawnCell, t: Translator["t"]): string {
  const [named, says] = [cellText(cell) ?? t("drawn.missing"), contradictingName(cell)];
  return says === null ? named : t("drawn.conflict", { named, says });
}
