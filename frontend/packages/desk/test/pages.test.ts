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

test("a look that comes late leaves what was read on meanwhile, and what is being read", async () => {
  const { read, list } = pagesOf({ items: ["a"], next: "1" });
  await list.load();
  for (const isRead of [true, false]) {
    const look = Promise.withResolvers<{ items: string[] }>();
    const page = Promise.withResolvers<{ items: string[]; next: string }>();
    read.mockReturnValueOnce(look.promise).mockReturnValueOnce(page.promise);
    const looking = list.lookAgain();
    const reading = list.more();
    if (isRead) {
      page.resolve({ items: ["b"], next: "2" });
      await reading;
    }
    look.resolve({ items: ["new"] });
    await looking;
    page.resolve({ items: ["b"], next: "2" });
    await reading;
    expect(list.items.value).toEqual(["a", "b"]);
    read.mockResolvedValueOnce({ items: ["a"], next: "1" });
    await list.load();
  }
});

test("what a page says beside its lines is taken of those that count", async () => {
  const old = Promise.withResolvers<{ items: string[]; count: number }>();
  const read = vi.fn<() => Promise<{ items: string[]; count: number }>>();
  read.mockReturnValueOnce(old.promise).mockResolvedValueOnce({ items: ["b"], count: 2 });
  const counts: number[] = [];
  const list = usePages(read, ({ count }) => counts.push(count));
  const overtaken = list.load();
  await list.load();
  old.resolve({ items: ["a"], count: 1 });
  await overtaken;
  expect(counts).toEqual([2]);
});
