// @vitest-environment happy-dom
/** A change that an outside filing system reports: from which system, old and new value, and who can do what. */

import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { mount } from "@vue/test-utils";
import { expect, test } from "vitest";

import { session } from "../src/engine/session.ts";
import type { Approval, Role } from "../src/engine/types.ts";
import ApprovalCard from "../src/screens/approvals/ApprovalCard.vue";

const HELD = {
  id: "a",
  act: "filing.source",
  subject: "p",
  subject_name: null,
  details: {
    change: "change",
    changes: [{ field: "phone", old: "138****6027", new: "136****4321" }],
    digest: "9f".repeat(32),
    enterprise: "宁波北潮进出口有限公司",
    enterprise_change: "none",
    lines: 1,
    name: "林知远",
    role: "operator",
    source: "filing.example",
  },
  reason: "filing_source",
  asked_by: null,
  asked_by_name: null,
  asked_at: 0,
  expires_at: 1,
  state: "waiting",
  decided_by: null,
  decided_by_name: null,
  decided_at: null,
  refused_reason: null,
  is_own: false,
  may_decide: false,
  may_support: true,
} as unknown as Approval;

function shown(approval: Approval, ...roles: readonly Role[]) {
  settings.language = "zh";
  session.roles = roles;
  return mount(ApprovalCard, {
    props: { approval },
    global: { plugins: [i18n], stubs: { RouterLink: true } },
  });
}

test("old and new number, masked, and the system that reports them", () => {
  const text = shown(HELD, "security_officer").text();
  expect(text).toContain("手机号 138****6027 → 136****4321");
  expect(text).toContain("外部备案系统 filing.example");
  expect(text).toContain("等第一位核对");
  expect(text).toContain("林知远");
});

test.for([
  [["filing_officer"], {}, ["核对后提交"]],
  [["security_officer"], {}, ["拒绝", "核对后提交"]],
  [
    ["security_officer"],
    { asked_by: "b", asked_by_name: "甲", may_support: false, may_decide: true },
    ["拒绝", "批准并执行"],
  ],
  [["filing_officer"], { asked_by: "b", asked_by_name: "甲", may_support: false, is_own: true }, ["撤回"]],
] as const)("what %s can do", ([roles, more, buttons]) => {
  const card = shown({ ...HELD, ...more } as Approval, ...roles);
  expect(card.findAll("button").map((button) => button.text())).toEqual(buttons);
});
