/** The FAQ entries, found by their text and by the error messages that lead to them. */

import { TEXTS } from "@mshield/shield";
import { expect, test } from "vitest";

import { entryOf, FAQ, findEntries } from "../src/screens/me/faq/faq.ts";

const ids = (words: string, language: "zh" | "en" = "zh"): string[] =>
  findEntries(words, language).map(({ entry }) => entry.id);

test("without words all entries are returned, in the manual's order", () => {
  expect(ids("  ")).toEqual(FAQ.map(({ id }) => id));
  expect(ids("")).toHaveLength(10);
});

test("an entry is found only if it contains all words", () => {
  expect(ids("锁死")).toContain("3.7");
  expect(ids("new phone revokes", "en")).toEqual(["3.9"]);
  expect(ids("锁死 短信")).toEqual([]);
  expect(ids("3.10")).toEqual(["3.10"]);
});

test("an entry is found by a message's text or code, and the message is returned too", () => {
  const [first, ...others] = findEntries("码不正确，还可以试", "zh");
  expect(others).toEqual([]);
  expect(first).toMatchObject({ entry: { id: "3.8" }, message: { code: "wrong_pin" } });
  expect(ids("PIN_LOCKED")).toEqual(["3.7"]);
});

test("each error of the app itself is a message of its entry", () => {
  for (const [code, [, , faq]] of Object.entries(TEXTS)) {
    const leading = FAQ.filter(({ messages }) => messages.some((message) => message.code === code));
    expect(
      leading.map(({ id }) => id),
      code,
    ).toContain(faq);
  }
});

test("an unknown entry is null", () => {
  expect(entryOf("3.11")).toBeNull();
});
