// @vitest-environment happy-dom
/** An import's report: errors first, old beside new, page by page, and as a file without formulas. */

import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { flushPromises, mount } from "@vue/test-utils";
import { beforeEach, expect, test, vi } from "vitest";

import type { Line, Report } from "../src/screens/filing/calls.ts";
import {
  countEnterprises,
  countKinds,
  countWritten,
  firstKind,
  PAGE,
  reportFile,
} from "../src/screens/filing/report.ts";
import ReportPanel from "../src/screens/filing/ReportPanel.vue";

const { importList } = vi.hoisted(() => ({ importList: vi.fn() }));
vi.mock("../src/screens/filing/calls.ts", async (load) => ({ ...(await load<object>()), importList }));
const { default: ImportScreen } = await import("../src/screens/filing/ImportScreen.vue");
const NUMBERS = {
  will_change: 0,
  unchanged: 0,
  enterprises_add: 0,
  enterprises_change: 0,
  approval_id: null,
};

function line(n: number, kind: Line["kind"], more: Partial<Line> = {}): Line {
  return {
    line: n,
    kind,
    change: kind === "errors" ? null : kind === "added" ? "add" : kind === "changes" ? "change" : "none",
    enterprise_change: "none",
    name: `人${n}`,
    id_number_masked: "330206********4217",
    role: "operator",
    enterprise: "宁波北潮",
    credit_code: "91330206MA2XB7C1TW",
    waits: null,
    shields_stopped: 0,
    changes: [],
    findings: [],
    ...more,
  };
}

const report = (lines: Line[]): Report => ({ lines, applied: false }) as unknown as Report;
const CHANGED = line(2, "changes", {
  changes: [
    { field: "name", old: "林知远", new: "林志远" },
    { field: "phone", old: "", new: "139****1234" },
    { field: "id_type", old: "resident_id", new: "passport" },
  ],
});
const BAD = line(3, "errors", {
  name: "=1+1",
  role: null,
  findings: [
    {
      field: "id_type",
      code: "unknown_id_type",
      zh: "证件类型不认识",
      en: "Unknown",
      column: "证件类型",
      value: "护照本",
    },
  ],
});
const MANY = report([
  CHANGED,
  BAD,
  ...Array.from({ length: 2 * PAGE + 1 }, (_, n) => line(n + 4, "unchanged")),
]);

beforeEach(() => void (settings.language = "zh"));
const panelOf = (of: Report) => mount(ReportPanel, { props: { report: of }, global: { plugins: [i18n] } });

test("each kind has its count, and the report opens at the errors", async () => {
  const panel = panelOf(MANY);
  expect(panel.findAll(".ways button").map((button) => button.text())).toEqual([
    "错误 1",
    "更改 1",
    "新增 0",
    "不变 101",
  ]);
  expect(panel.findAll("tbody tr")).toHaveLength(1);
  expect(panel.find("tbody").text()).toContain("证件类型不认识护照本");
  expect(panel.find("tbody").text()).toContain("宁波北潮");
  await panel.setProps({ report: report([CHANGED, line(4, "added")]) });
  expect(panel.find("[aria-pressed=true]").text()).toContain("更改");
});

test("shows old beside new for each field", async () => {
  const rows = panelOf(report([CHANGED])).findAll(".chg");
  expect(rows.map((row) => [row.find("del").text(), row.find("ins").text()])).toEqual([
    ["林知远", "林志远"],
    ["（空）", "139****1234"],
    ["居民身份证", "护照"],
  ]);
});

test("a hundred lines need several pages", async () => {
  const panel = panelOf(MANY);
  await panel.findAll(".ways button")[3]!.trigger("click");
  expect(panel.findAll("tbody tr")).toHaveLength(PAGE);
  expect(panel.find(".pages").text()).toContain("第 1 / 3 页");
  for (let n = 0; n < 2; n += 1) await panel.findAll(".pages button")[1]!.trigger("click");
  expect(panel.findAll("tbody tr")).toHaveLength(1);
  expect(panel.findAll(".pages button")[1]!.attributes("disabled")).toBeDefined();
});

test("the file has a row for each field", async () => {
  const text = await reportFile(report([CHANGED, BAD]), (key) => key, "zh").text();
  const rows = text.trim().split("\r\n");
  expect(rows).toHaveLength(1 + 3 + 1);
  expect(rows[1]).toBe(
    "2,kind.changes,人2,330206********4217,宁波北潮,91330206MA2XB7C1TW,field.name,林知远,林志远,,",
  );
  expect(rows[4]).toContain("'=1+1");
  expect(rows[4]).toContain("护照本,,证件类型不认识");
});

test("doesn't open an empty kind", () => {
  expect(firstKind(countKinds(report([line(2, "added")])))).toBe("added");
  expect(firstKind(countKinds(report([])))).toBe("unchanged");
});

test("a line states how many shields it stops, before and after", () => {
  const stopping = line(2, "changes", { shields_stopped: 1200 });
  expect(panelOf(report([stopping])).text()).toContain("1,200 个手机盾会停用，须更新证书");
  const done = { ...report([stopping]), applied: true } as Report;
  expect(panelOf(done).text()).toContain("1,200 个手机盾已停用，须更新证书");
  expect(panelOf(report([line(2, "changes")])).text()).not.toContain("停用");
});

test("each line of a renamed enterprise states that the number is the total", () => {
  const renamed = { enterprise_change: "change", waits: "approval", shields_stopped: 2 } as const;
  const lines = [line(2, "changes", { ...renamed, role: "legal_person" }), line(3, "changes", renamed)];
  const panel = panelOf(report(lines));
  expect(panel.findAll(".wrong").map((words) => words.text())).toEqual(
    Array(2).fill("全企业共 2 个手机盾会停用，须更新证书"),
  );
  expect(panel.findAll(".chip").map((chip) => chip.text())).toEqual(Array(2).fill("等另一人批准"));
});

test("counts enterprises like lines, including waiting ones", () => {
  const lines = [
    line(2, "changes", { enterprise_change: "change", waits: "approval" }),
    line(3, "changes", { enterprise_change: "change", waits: "approval" }),
    line(4, "added", { enterprise_change: "add", credit_code: "91370203MA3YK2D9RF" }),
  ];
  expect(countEnterprises(report(lines))).toEqual({ added: 1, renamed: 1 });
});

test("written and waiting lines add up to the numbers of the kinds", () => {
  const lines = [
    line(2, "added"),
    line(3, "added", { waits: "approval" }),
    line(4, "changes", { change: "none", enterprise_change: "change" }),
    line(5, "changes", { waits: "approval" }),
    line(6, "unchanged"),
  ];
  const [kinds, written] = [countKinds(report(lines)), countWritten(report(lines))];
  expect(kinds).toMatchObject({ added: 2, changes: 2, unchanged: 1 });
  expect(written).toEqual({ added: 1, changes: 1 });
});

test("a list with only legal representatives states that it waits, and the number of lines", async () => {
  const one = line(2, "added", { role: "legal_person", waits: "approval" });
  const of = (applied: boolean) => ({ ...NUMBERS, lines: [one], applied, will_add: 0, waiting: 1 });
  importList.mockImplementation(async (_file, _name, isDry: boolean) => of(!isDry));
  const screen = mount(ImportScreen, { global: { plugins: [i18n], stubs: { RouterLink: true } } });
  const field = screen.find("input[type=file]");
  Object.defineProperty(field.element, "files", { value: [new File([""], "a.csv")] });
  await field.trigger("change");
  await flushPromises();
  expect(screen.find(".note").text()).toContain("新增 1 行，更改 0 行");
  expect(screen.find(".apply").text()).toBe("提交 1 行审批");
  await screen.find(".apply").trigger("click");
  await flushPromises();
  expect(screen.find(".note").text()).toBe("没有直接写入，已提交审批。");
  expect(screen.find(".note").classes()).not.toContain("ok");
});
