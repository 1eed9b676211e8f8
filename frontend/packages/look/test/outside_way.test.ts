/** What may come back from an outside system's page, and where it leads. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ref } from "vue";

import { type Left, makeOutsideWay } from "../vue/outside_way.ts";

const opened = vi.fn();
const left = ref<Left | null>(null);
const { leave, read, forget } = makeOutsideWay(left);

beforeEach(() => {
  vi.stubGlobal("location", { assign: opened });
  leave({ address: "https://login.example.cn/", state: "s-1" }, "/inbox");
});
afterEach(() => vi.unstubAllGlobals());

test("it leads to the page and back to what the user wanted", () => {
  expect(opened).toHaveBeenLastCalledWith("https://login.example.cn/");
  expect(read({ state: "s-1", code: "c" })).toEqual({ state: "s-1", code: "c", next: "/inbox", isOurs: true });
});

test("once it is over nothing of it is left", () => {
  forget("of another tab");
  expect(left.value).not.toBeNull();
  forget("s-1");
  expect(left.value).toBeNull();
  expect(read({ state: "s-1", code: "c" })).toMatchObject({ next: "/", isOurs: false });
});
