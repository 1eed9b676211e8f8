/** Names that come in Chinese from certificate and service, in the app's language. */

import type { Say } from "@mshield/look/vue/words.ts";
import type { SignatureRecord } from "@mshield/shield";

const ROLES: Readonly<Record<string, string>> = { 法人: "legalPerson", 操作员: "operator" };

/** A role as the certificate has it; `t` says shared words. */
export function roleWord(role: string, t: Say["t"]): string {
  const word = ROLES[role];
  return word === undefined ? role : t(word);
}

/** What was signed: a document's title is its own, a login's is said here. */
export function titleWord(
  { kind, title, businessName }: Pick<SignatureRecord, "kind" | "title" | "businessName">,
  t: Say["t"],
): string {
  return kind === "login" && businessName ? t("loginAt", { name: businessName }) : title;
}
