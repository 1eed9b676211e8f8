/** Rendered lines as a list, and beside those of another version. */

import { expect, test } from "vitest";

import { alignLines, type Drawn, hiddenContent, labelAt, linesOf } from "../src/screens/views/drawn.ts";

const t = (key: string, values: Record<string, unknown> = {}) =>
  [key, ...Object.values(values)].filter((part) => part !== "").join(" ");
const EMPTY: Drawn = {
  title: "订单",
  amount: null,
  body: [],
  checks: [],
  rest: [],
  not_shown: [],
  not_shown_more: 0,
};

const lines = (...pairs: string[]) =>
  pairs.map((pair) => {
    const [label = "", value = ""] = pair.split(" ");
    return { section: "", label, value, isWrong: false };
  });

const marks = (before: string[], after: string[]) =>
  alignLines(lines(...before), lines(...after)).map(
    (pair) =>
      `${pair.change} ${pair.before?.label ?? ""}${pair.before?.value ?? ""}>${pair.after?.value ?? ""}`,
  );

test("each kind of value, tables by their lines, checks and the rest", () => {
  const usd = { name: "美元", text: "1,000.00" };
  const drawn: Drawn = {
    ...EMPTY,
    amount: { label: "总价", computed: true, values: [usd] },
    body: [
      {
        label: "要点",
        rows: [
          { label: "备注", as: "text", value: "a\u202Eb" },
          { label: "代码", as: "code", code: "110", name: "美国", says: "英国", conflict: true },
          { label: "日期", as: "date", missing: true },
        ],
      },
      {
        label: "商品",
        columns: [{ label: "数量" }, { label: "总价" }],
        lines: [
          [
            { as: "decimal", text: "12", unit: "个" },
            { as: "amount", ...usd },
          ],
          [null, null],
        ],
      },
    ],
    checks: [{ label: "合计", agrees: false, sum: [usd], declared: [{ name: "美元", text: "1.00" }] }],
    rest: [{ path: "a/b", value: "x" }],
  };
  expect(linesOf(drawn, t).map((line) => Object.values(line))).toEqual([
    ["", "drawn.title", "订单", false],
    ["", "总价", "美元 1,000.00drawn.computed", false],
    ["要点", "备注", "a[U+202E]b", false],
    ["要点", "代码", "drawn.conflict 美国（110） 英国", true],
    ["要点", "日期", "drawn.missing", false],
    ["drawn.line 商品 1", "数量", "12 个", false],
    ["drawn.line 商品 1", "总价", "美元 1,000.00", false],
    ["drawn.checks", "合计", "drawn.differs 美元 1,000.00 美元 1.00", true],
    ["drawn.rest", "a/b", "x", false],
  ]);
});

test("keeps removed and new lines in their places, and separates several of one name", () => {
  expect(marks(["a 1", "b 2", "c 3"], ["a 1", "c 4", "d 5"])).toEqual([
    "same a1>1",
    "gone b2>",
    "changed c3>4",
    "added >5",
  ]);
  expect(marks(["a 1", "a 2"], ["a 1"])).toEqual(["same a1>1", "gone a2>"]);
  expect(marks(["a 1", "b 2", "x 9"], ["b 2", "a 1"])).toEqual(["same b2>2", "same a1>1", "gone x9>"]);
});

test("adds up hidden content over the samples, and reports what was displayed before", () => {
  const hides = (...paths: string[]): Drawn => ({
    ...EMPTY,
    not_shown: paths.map((path) => ({ path, count: 2 })),
  });
  expect(
    hiddenContent([
      { before: hides("a"), after: hides("a", "b") },
      { before: EMPTY, after: hides("b") },
    ]),
  ).toEqual({
    paths: [
      { path: "a", count: 2, isNew: false },
      { path: "b", count: 4, isNew: true },
    ],
    more: 0,
  });
  expect(hiddenContent([{ before: null, after: hides("a") }]).paths[0]?.isNew).toBe(false);
});

test("names a place in a view by its labels", () => {
  const view = { body: [{ label: "要点", rows: [{ label: "买方", path: "a" }] }] };
  expect(labelAt(view, "/body/0/rows/0")).toBe("要点 / 买方");
  expect(labelAt(view, "/root")).toBeNull();
  expect(labelAt(view, "/body/9/rows/0")).toBeNull();
});
