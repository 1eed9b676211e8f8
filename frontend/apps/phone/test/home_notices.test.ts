// @vitest-environment happy-dom
/** The home page's notices about unfinished operations; an unusable shield leads only to the guide. */

import type { Me, Status } from "@mshield/shield";
import { expect, test } from "vitest";

import HomeNotices from "../src/screens/home/HomeNotices.vue";
import { settings } from "../src/settings.ts";
import { mounted } from "./mounted.ts";

const LATER = Date.now() + 600_000;
const ME = {
  certificate: { state: "active", holds: [], notAfter: LATER, pinChangeDue: true },
  renewal: null,
} as unknown as Me;

function status(parts: Partial<Status>): Status {
  return {
    isApplicationPending: false,
    isRenewalPending: false,
    isOperationUnfinished: false,
    isUnusable: false,
    scanned: null,
    ...parts,
  } as Status;
}

test("a shield that the service has forgotten leads only to the guide", async () => {
  const scanned = { expiresAt: LATER } as Status["scanned"];
  const forgotten = status({ isUnusable: true, isRenewalPending: true, scanned });
  const { wrapper } = await mounted(HomeNotices, { status: forgotten, me: ME });
  expect(wrapper.findAll(".note")).toHaveLength(1);
  expect(wrapper.text()).toContain("本机的手机盾不能再用");
  expect(wrapper.text()).not.toContain("没有收到结果");
  expect(wrapper.get("a").attributes("href")).toBe("/replace-phone?case=unusable");
  wrapper.unmount();
});

test("once it is revoked, the guide is no longer shown", async () => {
  const revoked = { ...ME, certificate: { ...ME.certificate, state: "revoked" } };
  const { wrapper } = await mounted(HomeNotices, { status: status({ isUnusable: true }), me: revoked });
  expect(wrapper.findAll(".note")).toHaveLength(0);
  wrapper.unmount();
});

test("otherwise an operation without an answer and a PIN to be changed are shown", async () => {
  const { wrapper } = await mounted(HomeNotices, { status: status({ isOperationUnfinished: true }), me: ME });
  expect(wrapper.findAll(".note")).toHaveLength(2);
  expect(wrapper.text()).toContain("没有收到结果");
  wrapper.unmount();
});

test.for([
  ["zh", "signature", ["国际贸易单一窗口 签名请求", "报关单等 2 份", "剩 9:5"]],
  ["zh", "login", ["国际贸易单一窗口 登录请求", "剩 9:5"]],
  ["en", "signature", ["Signature for 国际贸易单一窗口", "报关单 and others, 2 in all", " left"]],
] as const)(
  "a pending request is shown with its subject and time: %s, %s",
  async ([language, kind, said]) => {
    settings.language = language;
    const requester = { name: "国际贸易单一窗口", domain: "x.example", pcAddress: null, pcBrowser: null };
    const tasks = [{ title: "报关单" }, { title: "合同" }];
    const scanned = {
      kind,
      requester,
      tasks,
      expiresAt: Date.now() + 597_500,
    } as unknown as Status["scanned"];
    const { wrapper } = await mounted(HomeNotices, { status: status({ scanned }), me: ME });
    const notice = wrapper.get('a[href="/request"]').text();
    for (const part of said) {
      expect(notice).toContain(part);
    }
    expect(notice.includes("报关单")).toBe(kind === "signature");
    settings.language = "zh";
    wrapper.unmount();
  },
);

test("a request of the inbox, which waits for hours, shows its end", async () => {
  const requester = { name: "国际贸易单一窗口", domain: "x.example", pcAddress: null, pcBrowser: null };
  const scanned = {
    kind: "signature",
    requester,
    tasks: [{ title: "报关单" }],
    expiresAt: Date.now() + 7_200_000,
  };
  const { wrapper } = await mounted(HomeNotices, { status: status({ scanned: scanned as never }), me: ME });
  expect(wrapper.get('a[href="/request"]').text()).toMatch(/\d{1,2}:\d{2} 前/u);
  wrapper.unmount();
});
