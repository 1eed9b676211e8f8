/** Words of a document of the service's own, on the page and on paper, safe for display. */

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

test("shows its words, with invisible characters written out", () => {
  expect(ownWords(consent("136****4321"))).toEqual({
    title: "同意",
    lines: [{ label: "新账号手机号", value: "136****4321" }],
  });
  expect(ownWords(consent("136\u202E****4321"))?.lines[0]?.value).toContain("[U+202E]");
});

test("shows any other document unchanged", () => {
  expect(ownWords(null)).toBe(null);
  expect(ownWords('{"a": 1}')).toBe(null);
});
