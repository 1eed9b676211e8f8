// @vitest-environment happy-dom
/** Details of acts as the service records them, in the user's language, without JSON or raw field names. */

import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { mount } from "@vue/test-utils";
import { afterEach, expect, test } from "vitest";
import { nextTick } from "vue";

import DetailLines from "../src/parts/DetailLines.vue";
import { auditWords } from "../src/words/audit.ts";
import { detailWords } from "../src/words/details.ts";

afterEach(() => (settings.language = "zh"));

async function shown(language: "zh" | "en", act: string, details: Record<string, unknown>) {
  settings.language = language;
  const part = mount(DetailLines, { props: { act, details }, global: { plugins: [i18n] } });
  await nextTick();
  return part.findAll("dl > div").map((line) => [line.find("dt").text(), line.find("dd").text()]);
}

const ASKED = {
  approval: "0199f0c8-3300-7e5d-9a07-c4b2f18d6e21",
  act: "staff.roles",
  details: { name: "许安然", before: ["auditor"], after: ["auditor", "customer_service"] },
  reason: "岗位调整",
  asked_by: "0199f0c8-3300-7e5d-9a07-c4b2f18d6e22",
};

test("shows an approval's details in both languages, old values first", async () => {
  expect(await shown("zh", "approval.ask", ASKED)).toEqual([
    ["姓名或名称", "许安然"],
    ["申请的操作", "调整角色"],
    ["原来的角色", "审计员"],
    ["改为", "审计员 / 客服"],
    ["原因", "岗位调整"],
    ["审批编号", ASKED.approval],
    ["提交人编号", ASKED.asked_by],
  ]);
  expect((await shown("en", "approval.ask", ASKED)).slice(1, 4)).toEqual([
    ["Requested act", "Change roles"],
    ["Roles before", "Auditor"],
    ["Roles then", "Auditor / Customer service"],
  ]);
});

test("shows codes, lists, changes and times; notes empty ones and omits absent ones", async () => {
  const change = {
    name: ["单一窗口", "单一窗口二期"],
    return_urls: [[], ["https://a.example/1", "https://a.example/2"]],
  };
  expect(await shown("zh", "system.change", change)).toEqual([
    ["姓名或名称", "单一窗口 → 单一窗口二期"],
    ["返回地址", "无 → https://a.example/1，https://a.example/2"],
  ]);
  expect(await shown("zh", "filing.export", { people: 18, format: "csv", credit_code: null })).toEqual([
    ["人数", "18"],
    ["格式", "csv"],
  ]);
  expect(await shown("en", "staff.log_in", { factor: "webauthn" })).toEqual([
    ["Second factor", "Security key"],
  ]);
  const renewed = await shown("en", "ca.renew_responder", { cause: "due", old_until: 1_795_500_000_000 });
  expect(renewed[0]).toEqual(["Cause", "Renewed before expiry"]);
  expect(renewed[1]![1]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d$/);
  expect(await shown("en", "account.tell_old_number", Object.fromEntries([["told", false]]))).toEqual([
    ["SMS sent", "No"],
  ]);
});

test("shows a person's own words, and anything without words, unchanged", async () => {
  const details = { reason: "合同到期 (2026).", something: { new: 3 } };
  expect(await shown("en", "system.disable", details)).toEqual([
    ["Reason", "合同到期 (2026)."],
    ["something", "New number 3"],
  ]);
});

test("both languages have the same acts and details", () => {
  const { acts, areas } = auditWords.zh;
  expect(Object.keys(auditWords.en.acts)).toEqual(Object.keys(acts));
  expect(Object.keys(auditWords.en.areas)).toEqual(Object.keys(areas));
  expect(Object.keys(detailWords.en.field)).toEqual(Object.keys(detailWords.zh.field));
  for (const [name, codes] of Object.entries(detailWords.zh.code)) {
    const english = detailWords.en.code as Record<string, object>;
    expect(Object.keys(english[name]!)).toEqual(Object.keys(codes));
  }
});

test("shows accepted policies and a CA's certificates in words", async () => {
  const policies = { privacy: { version: "2026-11-29", sha256: "d9" } };
  expect(await shown("zh", "account.agree", { place: "app", policies })).toEqual([
    ["在哪里", "手机应用"],
    ["同意的文本", "隐私政策 版本 2026-11-29，SHA-256 指纹 d9"],
  ]);
  const keys = ["issuing", "root", "ocsp", "root_ocsp", "tsa", "tsa-p256"];
  const lines = await shown("en", "ca.init", Object.fromEntries(keys.map((key) => [key, "f7"])));
  expect(lines.every(([label]) => !keys.includes(label ?? ""))).toBe(true);
});

test("shows an operator's request in words, and several fingerprints shortened", async () => {
  expect(await shown("zh", "shield.ask", { kind: "revoke", ask: "01a2" })).toEqual([
    ["种类", "作废"],
    ["申请编号", "01a2"],
  ]);
  const policies = { agreement: "ab".repeat(32), privacy: "cd".repeat(32) };
  expect(await shown("en", "account.agree", { policies })).toEqual([
    ["Agreed to", "user agreement abababababab…, privacy policy cdcdcdcdcdcd…"],
  ]);
});
