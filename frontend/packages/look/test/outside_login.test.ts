/** Values that may return from an outside system's page, and their targets. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ref } from "vue";

import { type PendingLogin, makeOutsideLogin } from "../vue/outside_login.ts";

const opened = vi.fn();
const left = ref<PendingLogin | null>(null);
const { leave, read, forget } = makeOutsideLogin(left);

beforeEach(() => {
  vi.stubGlobal("location", { assign: opened });
  leave({ address: "https://login.example.cn/", state: "s-1" }, "/inbox");
});
afterEach(() => vi.unstubAllGlobals());

test("leads to the page and back to the wanted screen", () => {
  expect(opened).toHaveBeenLastCalledWith("https://login.example.cn/");
  expect(read({ state: "s-1", code: "c" })).toEqual({ state: "s-1", code: "c", next: "/inbox", isOurs: true });
});

test("nothing is left once it has ended", () => {
  forget("of another tab");
  expect(left.value).not.toBeNull();
  forget("s-1");
  expect(left.value).toBeNull();
  expect(read({ state: "s-1", code: "c" })).toMatchObject({ next: "/", isOurs: false });
});
