// @vitest-environment happy-dom
/** Permission to request signatures that no phone displays: its state, and buttons for officers only. */

import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { mount } from "@vue/test-utils";
import { afterEach, expect, test } from "vitest";
import { nextTick } from "vue";

import { session } from "../src/engine/session.ts";
import type { System } from "../src/screens/systems/calls.ts";
import UnshownPanel from "../src/screens/systems/UnshownPanel.vue";
import { approvalWords } from "../src/words/approvals.ts";
import { auditWords } from "../src/words/audit.ts";

afterEach(() => (settings.language = "zh"));

function panel(unshown_since: number | null) {
  const system = { client_id: "bs-1", name: "单一窗口", unshown_since } as System;
  return mount(UnshownPanel, { props: { system }, global: { plugins: [i18n] } });
}

test("states whether it is granted, and since when", async () => {
  session.roles = ["security_officer"];
  expect(panel(null).text()).toContain("不允许");
  expect(panel(null).find("button").text()).toBe("申请允许");
  const allowed = panel(1_795_500_000_000);
  expect(allowed.text()).toContain("允许，自 2026-11-24");
  expect(allowed.find("button").text()).toBe("不再允许");
  settings.language = "en";
  await nextTick();
  expect(allowed.text()).toContain("Allowed since");
});

test("shows no button to a read-only role", () => {
  session.roles = ["auditor"];
  expect(panel(null).find("button").exists()).toBe(false);
});

test("the acts have words in both languages, and the approver is warned", () => {
  for (const language of ["zh", "en"] as const) {
    expect(auditWords[language].acts["system_allow_unshown"]).toBeTruthy();
    expect(auditWords[language].acts["system_end_unshown"]).toBeTruthy();
    expect(approvalWords[language].act).toHaveProperty("system_allow_unshown");
    expect(approvalWords[language].warning["system_allow_unshown"]).toBeTruthy();
  }
});
