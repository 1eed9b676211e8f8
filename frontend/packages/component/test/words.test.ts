import { expect, test } from "vitest";

import { type Kind, type Language, phrasesOf, type DisplayState, wordsOf } from "../src/words.ts";

const STATES: DisplayState[] = [
  "connecting",
  "waiting",
  "scanned",
  "signed",
  "declined",
  "not_me",
  "expired",
  "cancelled",
  "offline",
  "unknown",
];

test.each(["zh", "en"] as Language[])(
  "%s: each state of both kinds has words, without exclamation marks",
  (language) => {
    for (const kind of ["login", "signature"] as Kind[]) {
      for (const state of STATES) {
        const { title, text } = wordsOf(language, kind, state);
        expect(title).not.toBe("");
        expect(title + text).not.toMatch(/[!！。]$/);
        expect(/[一-鿿]/.test(title)).toBe(language === "zh");
      }
    }
  },
);

test("an end without a signature states what did not happen", () => {
  for (const state of ["declined", "not_me", "expired", "cancelled", "unknown"] as DisplayState[]) {
    expect(wordsOf("zh", "login", state).text).toContain("没有人登录");
    expect(wordsOf("en", "login", state).text).toContain("Nobody was logged in");
    expect(wordsOf("zh", "signature", state).text).toContain("没有签名");
    expect(wordsOf("en", "signature", state).text).toContain("Nothing was signed");
  }
});

test("the countdown is in minutes, and in seconds near its end", () => {
  expect(phrasesOf("zh").left(82)).toBe("82 秒后失效");
  expect(phrasesOf("zh").left(290)).toBe("5 分钟后失效");
  expect(phrasesOf("en").left(9)).toBe("Expires in 9 s");
});
