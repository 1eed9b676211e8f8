/** An import's report as it is read: by kind, page by page, and as a file. */

import { computed, type ComputedRef, type Ref, ref, watch } from "vue";

import type { Line, Report } from "./calls.ts";

/** In the order in which they are looked at. */
export const KINDS = ["errors", "changes", "added", "unchanged"] as const;
export type Kind = (typeof KINDS)[number];
export const PAGE = 50;

export type Counts = Readonly<Record<Kind, number>>;

export function countKinds(report: Report): Counts {
  const counts = { errors: 0, changes: 0, added: 0, unchanged: 0 };
  for (const { kind } of report.lines) counts[kind] += 1;
  return counts;
}

/** Lines that this import writes by itself, in place of those that wait for somebody: with these they are the tabs' numbers. */
export function countWritten({ lines }: Report): Pick<Counts, "added" | "changes"> {
  const counted = (kind: Kind): number =>
    lines.filter((line) => line.kind === kind && line.waits === null).length;
  return { added: counted("added"), changes: counted("changes") };
}

/** Enterprises that are new or get another name, by this import or once somebody approves: each has lines of its people. */
export function countEnterprises({ lines }: Report): { readonly added: number; readonly renamed: number } {
  const counted = (change: Line["enterprise_change"]): number =>
    new Set(lines.filter((line) => line.enterprise_change === change).map((line) => line.credit_code)).size;
  return { added: counted("add"), renamed: counted("change") };
}

/** What a report opens at: what is wrong, else what changes, else what there is. */
export function firstKind(counts: Counts): Kind {
  return KINDS.find((kind) => counts[kind] > 0) ?? "unchanged";
}

export interface Reading {
  readonly kind: Ref<Kind>;
  readonly counts: ComputedRef<Counts>;
  readonly page: Ref<number>;
  readonly pages: ComputedRef<number>;
  readonly shown: ComputedRef<readonly Line[]>;
}

/** One report at a time: of a new one the first kind and the first page are shown. */
export function useReading(report: () => Report): Reading {
  const counts = computed(() => countKinds(report()));
  const kind = ref<Kind>(firstKind(counts.value));
  const page = ref(1);
  const lines = computed(() => report().lines.filter((line) => line.kind === kind.value));
  const pages = computed(() => Math.max(1, Math.ceil(lines.value.length / PAGE)));
  const shown = computed(() => lines.value.slice((page.value - 1) * PAGE, page.value * PAGE));

  watch(report, () => {
    kind.value = firstKind(counts.value);
    page.value = 1;
  });
  watch(kind, () => (page.value = 1));
  return { kind, counts, page, pages, shown };
}

/** A table for a spreadsheet, a row for each field; nothing in it is a formula. `says` names columns, kinds and fields. */
export function reportFile(report: Report, says: (key: string) => string, language: "zh" | "en"): Blob {
  const head = [
    "line",
    "result",
    "name",
    "id",
    "enterprise",
    "creditCode",
    "field",
    "old",
    "new",
    "finding",
    "stopped",
  ];
  const rows = report.lines.flatMap((line) => {
    const about = [
      line.line,
      says(`kind.${line.kind}`),
      line.name,
      line.id_number_masked,
      line.enterprise,
      line.credit_code,
    ];
    const changes = line.changes.map(({ field, old, new: now }) => [says(`field.${field}`), old, now, ""]);
    const findings = line.findings.map((finding) => [finding.column, finding.value, "", finding[language]]);
    const details = [...changes, ...findings];
    return (details.length > 0 ? details : [["", "", "", ""]]).map((detail) =>
      about.concat(detail, line.shields_stopped || ""),
    );
  });
  const text = [head.map((name) => says(`head.${name}`)), ...rows]
    .map((row) => row.map((value) => cell(value)).join(","))
    .join("\r\n");
  return new Blob(["\uFEFF", text, "\r\n"], { type: "text/csv" });
}

function cell(value: string | number | null): string {
  const text = value === null ? "" : String(value);
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
