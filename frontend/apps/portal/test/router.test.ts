// @vitest-environment happy-dom
/** Addresses: the login is for users who aren't logged in. */

import { beforeEach, expect, test } from "vitest";

import { enter, leave } from "../src/engine/session.ts";
import { router } from "../src/router.ts";

beforeEach(() => enter({ name: "沈若琪", csrf_token: "x", enterprises: [] } as never));

test.each([
  ["/login", "/shields"],
  ["/login?ended=1&next=/people", "/people"],
  ["/login?next=//elsewhere.example", "/shields"],
])("%s of a logged-in user leads to %s", async (from, to) => {
  await router.push("/guide");
  await router.push(from);
  expect(router.currentRoute.value.fullPath).toBe(to);
});

test("a user who isn't logged in stays at the login", async () => {
  leave();
  await router.push("/login?ended=1");
  expect(router.currentRoute.value.fullPath).toBe("/login?ended=1");
});
