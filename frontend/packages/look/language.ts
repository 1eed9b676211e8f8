/** Choice between the two languages by the user's preferences; pages of the service use the same rule. */

export type Language = "zh" | "en";

/**
 * Returns the first that is Chinese or English, of any kind; English if only others are named, Chinese if
 * none is.
 */
export function languageFor(tags: readonly string[]): Language {
  for (const tag of tags) {
    const [, primary] = /^(zh|en)(?:-|$)/i.exec(tag) ?? [];
    if (primary !== undefined) return primary.toLowerCase() as Language;
  }
  return tags.length === 0 ? "zh" : "en";
}
