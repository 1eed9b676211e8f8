// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";

import { usePages } from "../src/pages.ts";

function pagesOf(...answers: { items: string[]; next?: string | null }[]) {
  const read = vi.fn<(place: string | null) => Promise<{ items: string[]; next?: string | null }>>();
  for (const answer of answers) read.mockResolvedValueOnce(answer);
  return { read, list: usePages(read) };
}

test("appends the next page, from where the previous one ended", async () => {
  const { read, list } = pagesOf({ items: ["a"], next: "after a" }, { items: ["b"] });
  await list.load();
  await list.more();
  expect(read.mock.calls).toEqual([[null], ["after a"]]);
  expect(list.items.value).toEqual(["a", "b"]);
  expect(list.next.value).toBeNull();
});

test("shows changes, and keeps the same list if nothing changed", async () => {
  const { list } = pagesOf({ items: ["a"] }, { items: ["a"] }, { items: ["b"] });
  await list.load();
  const before = list.items.value;
  await list.refresh();
  expect(list.items.value).toBe(before);
  await list.refresh();
  expect(list.items.value).toEqual(["b"]);
});

test("a failed poll reports nothing and removes nothing", async () => {
  const { read, list } = pagesOf({ items: ["a"] });
  await list.load();
  read.mockRejectedValueOnce(new Error("no network"));
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  await list.refresh();
  expect(list.items.value).toEqual(["a"]);
  expect(list.loading.value.problem.value).toBeNull();
});

test("a user who has read further stays there until they reload", async () => {
  const { read, list } = pagesOf({ items: ["a"], next: "1" }, { items: ["b"] });
  await list.load();
  await list.more();
  await list.refresh();
  expect(read).toHaveBeenCalledTimes(2);
  read.mockResolvedValue({ items: ["c"] });
  await list.load();
  await list.refresh();
  expect(read).toHaveBeenCalledTimes(4);
  expect(list.items.value).toEqual(["c"]);
});

test("a late poll doesn't replace what was read meanwhile or is being read", async () => {
  const { read, list } = pagesOf({ items: ["a"], next: "1" });
  await list.load();
  for (const isRead of [true, false]) {
    const look = Promise.withResolvers<{ items: string[] }>();
    const page = Promise.withResolvers<{ items: string[]; next: string }>();
    read.mockReturnValueOnce(look.promise).mockReturnValueOnce(page.promise);
    const looking = list.refresh();
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

test("takes the values beside the lines only from pages that are used", async () => {
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
