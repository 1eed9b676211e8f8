/** Whose shield signed, in words: the log's entry binds it, or it is the service's word. */

import type { Say } from "@mshield/look/vue/words.ts";
import type { Result } from "@mshield/verify";

/** `mark` says that nothing binds it, and is empty where the log does. */
export interface HolderText {
  readonly shieldNumber: string;
  readonly idNumber: string;
  readonly mark: string;
}

/** Null for what is no bundle, and for one from before there was any of it. */
export function holderOf({ t }: Say, { holder, checks }: Result): HolderText | null {
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

/** In one line, for the answer to "who"; empty for what is no bundle. */
export function holderLine(say: Say, result: Result): string {
  const { t } = say;
  const holder = holderOf(say, result);
  if (holder === null) {
    return result.kind === "evidence" ? t("holder.untold") : "";
  }
  const { shieldNumber, idNumber, mark } = holder;
  const number = result.holder?.idNumberMasked === null ? idNumber : `${t("idNumber")} ${idNumber}`;
  return `${t("shieldNumber")} ${shieldNumber}${t("answers.comma")}${number}${mark}`;
}

/** `MS 107 2046 8813`; another text as it stands. */
function spaced(number: string): string {
  return number.replace(/^(MS)(\d{3})(\d{4})(\d{4})$/, "$1 $2 $3 $4");
}
