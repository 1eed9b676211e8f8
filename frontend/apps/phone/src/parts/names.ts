/** Translations of names that certificate and service give in Chinese. */

import type { Translator } from "@mshield/look/vue/words.ts";
import type { SignatureRecord } from "@mshield/shield";

const ROLES: Readonly<Record<string, string>> = { 法人: "legalPerson", 操作员: "operator" };

/** Returns a role as the certificate has it, translated by `t`. */
export function roleWord(role: string, t: Translator["t"]): string {
  const word = ROLES[role];
  return word === undefined ? role : t(word);
}

const FILES: Readonly<Record<string, string>> = {
  "application/pdf": "pdf",
  "application/xml": "xml",
  "text/xml": "xml",
  "application/json": "json",
  "text/plain": "text",
  "image/png": "image",
  "image/jpeg": "image",
};

/**
 * Returns what a record calls the thing that was signed: the title that the view drew of the content, a login's
 * place, or else the kind of file. Never the business system's title, which isn't in the content.
 */
export function signedTitle(
  {
    kind,
    title,
    mediaType,
    businessName,
  }: Pick<SignatureRecord, "kind" | "title" | "mediaType" | "businessName">,
  drawn: string | null,
  t: Translator["t"],
): string {
  if (kind === "login") {
    return businessName === null ? title : t("loginAt", { name: businessName });
  }
  return drawn ?? t(`file.${FILES[mediaType.toLowerCase().split(";", 1)[0]!.trim()] ?? "other"}`);
}
