/** What a document of the service's own says, at the page and on paper: its words, made safe to show. */

import { expect, test } from "vitest";

import { ownWords } from "../src/parts/own.ts";

const consent = (value: string): string =>
  JSON.stringify({
    account: "a",
    issued_at: 1,
    nonce: "n",
    record: "r",
    shown: { title: "同意", lines: [{ label: "新账号手机号", value }] },
    type: "mshield-consent/v1",
  });

test("its words stand there, and characters that can't be seen are written out", () => {
  expect(ownWords(consent("136****4321"))).toEqual({
    title: "同意",
    lines: [{ label: "新账号手机号", value: "136****4321" }],
  });
  expect(ownWords(consent("136\u202E****4321"))?.lines[0]?.value).toContain("[U+202E]");
});

test("any other document stands as it is", () => {
  expect(ownWords(null)).toBe(null);
  expect(ownWords('{"a": 1}')).toBe(null);
});
