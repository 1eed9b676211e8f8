/** Which of the two languages somebody is spoken to in, who said which ones they read; pages of the service decide so too. */

export type Language = "zh" | "en";

/** The first that is Chinese or English, of any kind; English for who reads others alone, Chinese where nothing is said. */
export function languageFor(tags: readonly string[]): Language {
  for (const tag of tags) {
    const [, primary] = /^(zh|en)(?:-|$)/i.exec(tag) ?? [];
    if (primary !== undefined) return primary.toLowerCase() as Language;
  }
  return tags.length === 0 ? "zh" : "en";
}
