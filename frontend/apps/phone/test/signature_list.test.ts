// @vitest-environment happy-dom

/** The list of signatures: pages, search, and grouping by months. */

import { NetworkError, type SignatureQuery, type SignatureRecord } from "@mshield/shield";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const signatures = vi.fn();
vi.mock("../src/engine/shield.ts", () => ({ shield: { signatures, status: vi.fn() } }));
const { useSignatureList } = await import("../src/screens/me/signatures/signature_list.ts");
const { byMonth, endOf, jumpName, jumpsOf, monthName, rowTime } =
  await import("../src/screens/me/signatures/months.ts");

const NOW = new Date(2026, 10, 25, 10).getTime();
const HOUR = 3_600_000;

function record(title: string, signedAt = NOW): SignatureRecord {
  return {
    sid: title,
    kind: "signature",
    title,
    mediaType: "application/json",
    drawn: null,
    confirmed: "none",
    businessName: null,
    signedAt,
    serial: null,
    digest: "",
  };
}

function t(key: string, values: Record<string, unknown> = {}): string {
  return [key, ...Object.values(values)].join(" ");
}

/** Serves five signatures, two per page, filtered by words. */
async function served({ words = "", before = "0" }: SignatureQuery): Promise<unknown> {
  const all = ["甲单", "乙单", "丙证", "丁单", "戊证"].filter((title) => title.includes(words));
  const start = Number(before);
  const next = start + 2 < all.length ? String(start + 2) : null;
  return { items: all.slice(start, start + 2).map((title) => record(title)), next };
}

beforeEach(() => void signatures.mockReset().mockImplementation(served));
afterEach(() => vi.restoreAllMocks());

test("loads page after page to the end", async () => {
  const list = useSignatureList({}, false);
  expect(list.items.value).toBeNull();
  await list.look({});
  await list.more();
  await list.more();
  await list.more();
  expect(list.items.value?.map(({ title }) => title)).toEqual(["甲单", "乙单", "丙证", "丁单", "戊证"]);
  expect(list.hasMore.value).toBe(false);
  expect(signatures).toHaveBeenCalledTimes(3);
});

test("retries a page that failed", async () => {
  const list = useSignatureList({}, false);
  await list.look({});
  signatures.mockRejectedValueOnce(new NetworkError("lost"));
  await list.more();
  expect(list.loading.problem.value?.code).toBe("network");
  expect(list.items.value).toHaveLength(2);
  await list.more();
  expect(list.items.value).toHaveLength(4);
  expect(list.loading.problem.value).toBeNull();
});

test("uses the last of several searches in quick succession", async () => {
  const list = useSignatureList({}, false);
  const first = list.look({ words: "单" });
  await list.look({ words: "证" });
  await first;
  expect(list.items.value?.map(({ title }) => title)).toEqual(["丙证", "戊证"]);
});

test("is restored with its loaded pages, but only for the same search", async () => {
  const list = useSignatureList({}, false);
  await list.look({});
  await list.more();
  expect(useSignatureList({}, true).items.value).toHaveLength(4);
  expect(useSignatureList({ words: "单" }, true).items.value).toBeNull();
});

test("a search goes on where a part of the history had nothing", async () => {
  signatures
    .mockResolvedValueOnce({ items: [], next: "a" })
    .mockResolvedValueOnce({ items: [], next: "b" })
    .mockResolvedValueOnce({ items: [record("甲单")], next: null });
  const list = useSignatureList({ words: "136380" }, false);
  await list.look({ words: "136380" });
  expect(list.items.value).toHaveLength(1);
  expect(signatures.mock.calls.map(([{ before }]) => before)).toEqual([undefined, "a", "b"]);
});

test("the months have headings, and earlier years one place to jump to", () => {
  const at = [NOW, NOW - HOUR, new Date(2026, 9, 31, 23).getTime(), new Date(2025, 11, 31).getTime()];
  const months = byMonth(at.map((ms, n) => record(String(n), ms)));
  expect(months.map(({ month, items }) => [month, items.length])).toEqual([
    ["2026-11", 2],
    ["2026-10", 1],
    ["2025-12", 1],
  ]);
  expect(monthName("2026-11", { t, language: "zh" })).toBe("monthOf 2026 11");
  expect(monthName("2026-11", { t, language: "en" })).toBe("November 2026");
  const jumps = jumpsOf([...months, { month: "2025-03" }], NOW);
  expect(jumps.map((each) => jumpName(each, { t, language: "en" }))).toEqual(["Nov", "Oct", "2025"]);
  expect(jumps.at(-1)).toEqual({ month: "2025-12", year: 2025 });
  expect(endOf("2025-12")).toBe(new Date(2026, 0, 1).getTime());
});

test("a row tells its day", () => {
  expect(
    [NOW, NOW - 12 * HOUR, NOW - 48 * HOUR, new Date(2025, 11, 31).getTime()].map((at) =>
      rowTime(at, NOW, { t }),
    ),
  ).toEqual(["todayAt 10:00", "yesterdayAt 22:00", "11-23 10:00", "2025-12-31"]);
});
