/** The questions, found by their own words and by those of the messages that lead to them. */

import { TEXTS } from "@mshield/shield";
import { expect, test } from "vitest";

import { entryOf, FAQ, findEntries } from "../src/screens/me/faq/faq.ts";

const ids = (words: string, language: "zh" | "en" = "zh"): string[] =>
  findEntries(words, language).map(({ entry }) => entry.id);

test("without words all of them, in the manual's order", () => {
  expect(ids("  ")).toEqual(FAQ.map(({ id }) => id));
  expect(ids("")).toHaveLength(10);
});

test("by the words of the entry, all of which must be in it", () => {
  expect(ids("锁死")).toContain("3.7");
  expect(ids("new phone revokes", "en")).toEqual(["3.9"]);
  expect(ids("锁死 短信")).toEqual([]);
  expect(ids("3.10")).toEqual(["3.10"]);
});

test("by a message's words or code, and then the message is told", () => {
  const [first, ...others] = findEntries("码不对，还可以试", "zh");
  expect(others).toEqual([]);
  expect(first).toMatchObject({ entry: { id: "3.8" }, message: { code: "wrong_pin" } });
  expect(ids("PIN_LOCKED")).toEqual(["3.7"]);
});

test("each of the app's own errors is a message of its entry", () => {
  for (const [code, [, , faq]] of Object.entries(TEXTS)) {
    const leading = FAQ.filter(({ messages }) => messages.some((message) => message.code === code));
    expect(
      leading.map(({ id }) => id),
      code,
    ).toContain(faq);
  }
});

test("an unknown entry is none", () => {
  expect(entryOf("3.11")).toBeNull();
});
