/** Content of the PIN sheet for a login or one document. */

import { moneyText } from "@mshield/look/drawn_text.ts";
import { honestValue } from "@mshield/look/honest_text.ts";
import type { Scan, Task } from "@mshield/shield";

import type { PinContext } from "../../../engine/pin_entry.ts";

type Say = (key: string, values?: Record<string, unknown>) => string;

/** Returns the content's own title, if a view draws it. */
export const titleOf = (task: Task): string => honestValue(task.reading?.key?.title ?? task.title);

export const loginPinContext = ({ requester }: Scan, system: string, t: Say): PinContext => ({
  title: t("pinTitleLogin"),
  act: t("pinLogin", { system }),
  detail: honestValue(requester.domain),
});

export function signaturePinContext(task: Task, system: string, t: Say, isFarAbove = false): PinContext {
  const amounts = (task.reading?.key?.amount?.values ?? []).map(moneyText);
  const act = t("pinSign", { title: titleOf(task) });
  const detail = [[system, ...amounts].join("  "), ...(isFarAbove ? [t("farAbove")] : [])];
  return { title: t("pinTitleSign"), act, detail: detail.join("\n") };
}
