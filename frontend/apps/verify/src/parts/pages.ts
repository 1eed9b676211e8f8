/** Describes which pages of a document signed unread were on the screen; null for all others. */

import type { Translator } from "@mshield/look/vue/words.ts";
import type { Result } from "@mshield/verify";

export function pagesOf(
  { t }: Translator,
  { shown, document }: Pick<Result, "shown" | "document">,
): string | null {
  if (shown?.confirmed !== "unread") {
    return null;
  }
  if (shown.pages === null) {
    return document?.mediaType?.toLowerCase() === "application/pdf" ? t("drawn.untoldPages") : null;
  }
  const spans = shown.pages.shown.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  const { count } = shown.pages;
  return spans.length === 0
    ? t("drawn.noPage", { count })
    : t("drawn.pages", { count, spans: spans.join(t("checks.comma")) });
}
