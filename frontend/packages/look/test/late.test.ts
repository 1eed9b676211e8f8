// @vitest-environment happy-dom
/** Answers out of order, and focus that moved elsewhere. */

import { afterEach, expect, test } from "vitest";

import { makeAnswerOrder } from "../vue/answer_order.ts";
import { captureFocus } from "../vue/focus.ts";

afterEach(() => document.body.replaceChildren());

test("an older answer is used before the newer one, and not after it", () => {
  const order = makeAnswerOrder();
  const [first, second, third] = [order(), order(), order()];
  expect([first(), third(), second()]).toEqual([true, true, false]);
  const before = order();
  order.skip();
  expect([before(), order()()]).toEqual([false, true]);
});

test("keeps the focus of a user who went to another field; otherwise moves it", () => {
  document.body.innerHTML = "<button></button><input />";
  const [button, field] = [document.querySelector("button")!, document.querySelector("input")!];
  button.focus();
  const isThere = captureFocus();
  expect(isThere()).toBe(true);
  button.remove();
  expect(isThere()).toBe(true);
  field.focus();
  expect(isThere()).toBe(false);
});
