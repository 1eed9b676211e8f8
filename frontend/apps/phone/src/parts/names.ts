/** Translations of names that certificate and service give in Chinese. */

import type { Translator } from "@mshield/look/vue/words.ts";
import type { SignatureRecord } from "@mshield/shield";

const ROLES: Readonly<Record<string, string>> = { 法人: "legalPerson", 操作员: "operator" };

/** Returns a role as the certificate has it, translated by `t`. */
export function roleWord(role: string, t: Translator["t"]): string {
  const word = ROLES[role];
  return word === undefined ? role : t(word);
}

/** Returns the title of what was signed: a document's own title, or a description of the login. */
export function titleWord(
  { kind, title, businessName }: Pick<SignatureRecord, "kind" | "title" | "businessName">,
  t: Translator["t"],
): string {
  return kind === "login" && businessName ? t("loginAt", { name: businessName }) : title;
}
