/** Content of the PIN sheet for a batch: number, totals, and excluded documents. */

import type { Task } from "@mshield/shield";

import type { Choice } from "./choice.ts";
import { commonTitle, rowsOf } from "./rows.ts";
import { sumsOf } from "./sums.ts";

type Say = (key: string, values?: Record<string, unknown>) => string;
const NAMED = 2;

/** Returns the sheet's texts; `detail` has several lines. */
export function batchPinContext(
  tasks: readonly Task[],
  { kept, leftOut }: Pick<Choice, "kept" | "leftOut">,
  system: string,
  t: Say,
  isFarAbove: (task: Task) => boolean = () => false,
): { readonly act: string; readonly detail: string } {
  const [title, count] = [commonTitle(tasks), kept.value.length];
  const act = title === null ? t("pinActAny", { count }) : t("pinAct", { count, title });
  const { lines, without } = sumsOf(kept.value);
  const sums = [
    ...lines.map(({ text }) => text),
    ...(without > 0 ? [t("pinWithout", { count: without })] : []),
  ];
  const names = new Map(rowsOf(tasks).map(({ sid, name }) => [sid, name]));
  const out = leftOut.value.map(({ sid }) => names.get(sid)!);
  const values = { count: out.length, names: out.slice(0, NAMED).join("、") };
  const left = out.length === 0 ? [] : [t(out.length > NAMED ? "pinLeftOutMore" : "pinLeftOut", values)];
  const far = kept.value.filter(isFarAbove).map(({ sid }) => `${t("farAbove")}：${names.get(sid)!}`);
  const detail = [system, ...(lines.length > 0 ? [sums.join(" · ")] : []), ...far.slice(0, NAMED), ...left];
  return { act, detail: detail.join("\n") };
}
