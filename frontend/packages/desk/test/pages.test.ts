// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";

import { usePages } from "../src/pages.ts";

function pagesOf(...answers: { items: string[]; next?: string | null }[]) {
  const read = vi.fn<(place: string | null) => Promise<{ items: string[]; next?: string | null }>>();
  for (const answer of answers) read.mockResolvedValueOnce(answer);
  return { read, list: usePages(read) };
}

test("the next page comes below, from where the one before ended", async () => {
  const { read, list } = pagesOf({ items: ["a"], next: "after a" }, { items: ["b"] });
  await list.load();
  await list.more();
  expect(read.mock.calls).toEqual([[null], ["after a"]]);
  expect(list.items.value).toEqual(["a", "b"]);
  expect(list.next.value).toBeNull();
});

test("what changed meanwhile shows, and what did not stays the same list", async () => {
  const { list } = pagesOf({ items: ["a"] }, { items: ["a"] }, { items: ["b"] });
  await list.load();
  const before = list.items.value;
  await list.lookAgain();
  expect(list.items.value).toBe(before);
  await list.lookAgain();
  expect(list.items.value).toEqual(["b"]);
});

test("a look that fails says nothing and takes nothing away", async () => {
  const { read, list } = pagesOf({ items: ["a"] });
  await list.load();
  read.mockRejectedValueOnce(new Error("no network"));
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await list.lookAgain();
  expect(list.items.value).toEqual(["a"]);
  expect(list.loading.value.problem.value).toBeNull();
});

test("who has read further is not sent back to the first page, until they ask anew", async () => {
  const { read, list } = pagesOf({ items: ["a"], next: "1" }, { items: ["b"] });
  await list.load();
  await list.more();
  await list.lookAgain();
  expect(read).toHaveBeenCalledTimes(2);
  read.mockResolvedValue({ items: ["c"] });
  await list.load();
  await list.lookAgain();
  expect(read).toHaveBeenCalledTimes(4);
  expect(list.items.value).toEqual(["c"]);
});
