/**
 * The manual's questions and answers (chapter 3), and which of them each message of the app leads to. They come with the
 * app, so that "the network fails" opens without one; `make docs` writes entries.json from the service's own.
 */

import { TEXTS } from "@mshield/shield";

import type { Language } from "@mshield/look/vue/words.ts";
import entries from "./entries.json";

type Said = Readonly<Record<Language, string>>;

/** A message that leads to an entry; what varies in it is `…`. */
export interface Message extends Said {
  readonly code: string;
}

export interface Entry {
  readonly id: string;
  readonly title: Said;
  readonly text: Said;
  readonly messages: readonly Message[];
}

export interface Found {
  readonly entry: Entry;
  /** The message in which the words are, where they aren't in the entry itself. */
  readonly message: Message | null;
}

/** What the service says counts; the phone's own messages come after it. */
function messagesOf(id: string, known: readonly Message[]): Message[] {
  const own = Object.entries(TEXTS)
    .filter(([code, [, , faq]]) => faq === id && !known.some((message) => message.code === code))
    .map(([code, [zh, en]]) => ({ code, zh, en }));
  return [...known, ...own];
}

/** In the manual's order. */
export const FAQ: readonly Entry[] = entries.map(({ id, title, text, errors }) => ({
  id,
  title,
  text,
  messages: messagesOf(id, errors),
}));

export function entryOf(id: string): Entry | null {
  return FAQ.find((entry) => entry.id === id) ?? null;
}

/** The entries that have all of the words, in title, answer or a message; all entries where there are no words. */
export function findEntries(words: string, language: Language): Found[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text: string): boolean => wanted.every((word) => text.toLowerCase().includes(word));
  return FAQ.flatMap((entry): Found[] => {
    if (has(`${entry.id} ${entry.title[language]} ${entry.text[language]}`)) {
      return [{ entry, message: null }];
    }
    const message = entry.messages.find((line) => has(`${line[language]} ${line.code}`));
    return message === undefined ? [] : [{ entry, message }];
  });
}
