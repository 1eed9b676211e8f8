// @vitest-environment happy-dom
/**
 * Erased data and data kept by law, in the page's language; the act's details; the red button's three
 * steps.
 */

import type { components } from "@mshield/api/console.ts";
import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { mount } from "@vue/test-utils";
import { afterEach, expect, test } from "vitest";
import { nextTick } from "vue";

import ErasureParts from "../src/parts/ErasureParts.vue";
import { detailsOf } from "../src/parts/details.ts";
import { PLACES } from "../src/places.ts";
import ApprovalCard from "../src/screens/approvals/ApprovalCard.vue";
import { accountWords } from "../src/words/accounts.ts";
import { approvalWords } from "../src/words/approvals.ts";
import { auditWords } from "../src/words/audit.ts";
import { detailWords } from "../src/words/details.ts";

afterEach(() => (settings.language = "zh"));

const ERASURE: components["schemas"]["ErasureMessage"] = {
  account_id: "01a2b3c4-0000-7000-8000-000000000004",
  name: "林知远",
  phone_masked: "138****6027",
  erased: [{ name: "sms", rows: 1200, zh: "短信记录", en: "SMS log", why_zh: "", why_en: "" }],
  kept: [{ name: "acts", rows: 1, zh: "操作记录", en: "acts", why_zh: "网络安全法", why_en: "by law" }],
};

/** Returns the words by their names. */
const say = (language: "zh" | "en") => (key: string) =>
  key.split(".").reduce<unknown>((at, part) => (at as Record<string, unknown>)[part] ?? key, {
    ...detailWords[language],
  }) as string;

test("shows erased parts with numbers and kept parts with the law, in both languages", async () => {
  const parts = mount(ErasureParts, { props: { erasure: ERASURE }, global: { plugins: [i18n] } });
  const [goes, stays] = parts.findAll("section");
  expect(goes?.text()).toBe("将删除短信记录1,200 项");
  expect(stays?.text()).toBe("依法保留操作记录网络安全法");
  settings.language = "en";
  await nextTick();
  expect(stays?.text()).toBe("Kept by lawactsby law");
});

test("shows the request and the act in words", () => {
  const asked = { erased_parts: ["sms", "account"], kept_parts: ["acts"] };
  expect(detailsOf(say("zh"), "people.erase", asked).map(({ value }) => value)).toEqual([
    "短信记录 / 账号",
    "操作记录",
  ]);
  const done = detailsOf(say("en"), "people.erase", { erased_parts: { sms: 3 } });
  expect(done.map(({ value }) => value)).toEqual(["SMS log 3"]);
  for (const language of ["zh", "en"] as const) {
    expect(approvalWords[language].act).toHaveProperty("people_erase");
    expect(auditWords[language].acts["people_erase"]).toBeTruthy();
    for (const part of ["contents", "notices", "sms", "logins", "account", "certificates", "filing", "acts"])
      expect(detailWords[language].code.part).toHaveProperty(part);
  }
});

test("leads the deciding officer to a separate page", () => {
  const approval = {
    id: "7",
    act: "people.erase",
    subject: ERASURE.account_id,
    details: { erased_parts: ["sms"], kept_parts: ["acts"] },
    reason: "来信 2026-7",
    state: "waiting",
    may_decide: true,
    is_own: false,
    asked_by_name: "顾行",
    asked_at: 0,
    expires_at: 1,
    decided_at: null,
    refused_reason: null,
  } as never;
  const card = mount(ApprovalCard, {
    props: { approval },
    global: {
      plugins: [i18n],
      stubs: { RouterLink: { props: ["to"], template: "<a :href='to'><slot /></a>" } },
    },
  });
  expect(card.find("a").attributes("href")).toBe("/approvals/7/erasure");
  expect(card.findAll("button")).toEqual([]);
  expect(PLACES.flatMap((place) => place.below ?? []).map(({ path }) => path)).toContain(
    "/approvals/:id/erasure",
  );
});

test("an account's page offers it in words", () => {
  expect(accountWords.zh.erasure.act).toBe("删除个人信息");
  expect(approvalWords.en.erasure.red).toBe("Approve and erase now");
});
