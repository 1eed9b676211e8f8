/** Sentences at the fields of a desk form. */

import { expect, test } from "vitest";

import { sentenceKey } from "../src/field_errors.ts";

test("an empty field is named, a wrong one is called invalid", () => {
  expect(sentenceKey({ name: "" }, "name")).toBe("empty.name");
  expect(sentenceKey({ name: "1" }, "name")).toBe("wrong.name");
});

test("a code has one sentence, whether it is missing or wrong", () => {
  expect(sentenceKey({ smsCode: "" }, "smsCode")).toBe("wrong.smsCode");
  expect(sentenceKey({ smsCode: "" }, "notSent")).toBe("wrong.notSent");
});
