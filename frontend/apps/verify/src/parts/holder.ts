/** Owner of the shield that signed, in words: bound by the log's entry, or only claimed by the service. */

import type { Translator } from "@mshield/look/vue/words.ts";
import type { Result } from "@mshield/verify";

/** `mark` notes that nothing binds it, and is empty if the log does. */
export interface HolderText {
  readonly shieldNumber: string;
  readonly idNumber: string;
  readonly mark: string;
}

/** Returns the owner; null for anything but a bundle that could be read. */
export function holderOf({ t }: Translator, { holder, checks }: Result): HolderText | null {
  if (holder === null) {
    return null;
  }
  const isLogged = checks.some(({ name, state }) => name === "log" && state === "passed");
  return {
    shieldNumber: spaced(holder.shieldNumber),
    idNumber: holder.idNumberMasked ?? t("holder.noNumber"),
    mark: isLogged ? "" : t("holder.said"),
  };
}

/** Returns the owner in one line, for the answer to "who"; empty for anything but a bundle that could be read. */
export function holderLine(say: Translator, result: Result): string {
  const { t } = say;
  const holder = holderOf(say, result);
  if (holder === null) {
    return "";
  }
  const { shieldNumber, idNumber, mark } = holder;
  const number = result.holder?.idNumberMasked === null ? idNumber : `${t("idNumber")} ${idNumber}`;
  return `${t("shieldNumber")} ${shieldNumber}${t("answers.comma")}${number}${mark}`;
}

/** Formats as `MS 107 2046 8813`; other texts are unchanged. */
function spaced(number: string): string {
  return number.replace(/^(MS)(\d{3})(\d{4})(\d{4})$/, "$1 $2 $3 $4");
}
