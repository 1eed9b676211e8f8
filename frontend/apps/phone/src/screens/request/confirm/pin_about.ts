/** What the PIN's sheet repeats of a login, or of one document. */

import { moneyText } from "@mshield/look/drawn_text.ts";
import { honestValue } from "@mshield/look/honest_text.ts";
import type { Scan, Task } from "@mshield/shield";

import type { PinAbout } from "../../../engine/pin_entry.ts";

type Say = (key: string, values?: Record<string, unknown>) => string;

/** The content's own where a view draws it. */
export const titleOf = (task: Task): string => honestValue(task.reading?.key?.title ?? task.title);

export const loginAbout = ({ requester }: Scan, system: string, t: Say): PinAbout => ({
  title: t("pinTitleLogin"),
  act: t("pinLogin", { system }),
  detail: honestValue(requester.domain),
});

export function signatureAbout(task: Task, system: string, t: Say, isFarAbove = false): PinAbout {
  const amounts = (task.reading?.key?.amount?.values ?? []).map(moneyText);
  const act = t("pinSign", { title: titleOf(task) });
  const detail = [[system, ...amounts].join("  "), ...(isFarAbove ? [t("farAbove")] : [])];
  return { title: t("pinTitleSign"), act, detail: detail.join("\n") };
}
