/**
 * The manual's questions and answers (chapter 3), and the error messages that lead to each. They are bundled
 * with the app, so that they open without a network; `make docs` generates entries.json from the service's
 * texts.
 */

import { TEXTS } from "@mshield/shield";

import type { Language } from "@mshield/look/vue/words.ts";
import entries from "./entries.json";

type Said = Readonly<Record<Language, string>>;

/** An error message that leads to an entry; `…` stands for its variable parts. */
export interface Message extends Said {
  readonly code: string;
}

export interface Entry {
  readonly id: string;
  readonly title: Said;
  readonly text: Said;
  readonly messages: readonly Message[];
}

export interface FaqMatch {
  readonly entry: Entry;
  /** The message that contains the words, if the entry itself doesn't. */
  readonly message: Message | null;
}

/**
 * Returns the messages of an entry: the service's first, then the phone's own, which have lower precedence.
 */
function messagesOf(id: string, known: readonly Message[]): Message[] {
  const ownMessages = Object.entries(TEXTS)
    .filter(([code, [, , faq]]) => faq === id && !known.some((message) => message.code === code))
    .map(([code, [zh, en]]) => ({ code, zh, en }));
  return [...known, ...ownMessages];
}

/** All entries, in the manual's order. */
export const FAQ: readonly Entry[] = entries.map(({ id, title, text, errors }) => ({
  id,
  title,
  text,
  messages: messagesOf(id, errors),
}));

export function entryOf(id: string): Entry | null {
  return FAQ.find((entry) => entry.id === id) ?? null;
}

/**
 * Returns the entries that contain all words in title, answer or one message; all entries if there are no
 * words.
 */
export function findEntries(words: string, language: Language): FaqMatch[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text: string): boolean => wanted.every((word) => text.toLowerCase().includes(word));
  return FAQ.flatMap((entry): FaqMatch[] => {
    if (has(`${entry.id} ${entry.title[language]} ${entry.text[language]}`)) {
      return [{ entry, message: null }];
    }
    const message = entry.messages.find((line) => has(`${line[language]} ${line.code}`));
    return message === undefined ? [] : [{ entry, message }];
  });
}
