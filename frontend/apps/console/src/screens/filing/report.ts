/** An import's report: by kind, page by page, and as a file. */

import { computed, type ComputedRef, type Ref, ref, watch } from "vue";

import type { Line, Report } from "./calls.ts";

/** In display order. */
export const KINDS = ["errors", "changes", "added", "unchanged"] as const;
export type Kind = (typeof KINDS)[number];
export const PAGE = 50;

export type Counts = Readonly<Record<Kind, number>>;

export function countKinds(report: Report): Counts {
  const counts = { errors: 0, changes: 0, added: 0, unchanged: 0 };
  for (const { kind } of report.lines) counts[kind] += 1;
  return counts;
}

/** Counts lines that this import writes itself, without those that wait for approval. */
export function countWritten({ lines }: Report): Pick<Counts, "added" | "changes"> {
  const counted = (kind: Kind): number =>
    lines.filter((line) => line.kind === kind && line.waits === null).length;
  return { added: counted("added"), changes: counted("changes") };
}

/**
 * Counts enterprises that are new or renamed, by this import or after approval; each has lines of its people.
 */
export function countEnterprises({ lines }: Report): { readonly added: number; readonly renamed: number } {
  const counted = (change: Line["enterprise_change"]): number =>
    new Set(lines.filter((line) => line.enterprise_change === change).map((line) => line.credit_code)).size;
  return { added: counted("add"), renamed: counted("change") };
}

/** Returns the first kind to display: errors, else changes, else anything else. */
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

/** Displays one report at a time; a new one starts with its first kind and page. */
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

/**
 * Returns a spreadsheet table with a row per field and no formulas. `says` names columns, kinds and fields.
 */
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
