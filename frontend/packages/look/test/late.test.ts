// @vitest-environment happy-dom
/** Answers out of order, and a focus that went elsewhere. */

import { afterEach, expect, test } from "vitest";

import { makeOrder } from "../vue/in_order.ts";
import { focusNow } from "../vue/kept_focus.ts";

afterEach(() => document.body.replaceChildren());

test("an older answer counts before the newer one, and not after it", () => {
  const order = makeOrder();
  const [first, second, third] = [order(), order(), order()];
  expect([first(), third(), second()]).toEqual([true, true, false]);
  const before = order();
  order.skip();
  expect([before(), order()()]).toEqual([false, true]);
});

test("who went to another field keeps it; who stayed, or is nowhere, is led on", () => {
  document.body.innerHTML = "<button></button><input />";
  const [button, field] = [document.querySelector("button")!, document.querySelector("input")!];
  button.focus();
  const isThere = focusNow();
  expect(isThere()).toBe(true);
  button.remove();
  expect(isThere()).toBe(true);
  field.focus();
  expect(isThere()).toBe(false);
});
