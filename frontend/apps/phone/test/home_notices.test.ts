// @vitest-environment happy-dom
/** What the home page says of what was begun: a shield that can't be used any more leads to the guide, and to nothing else. */

import type { Me, Status } from "@mshield/shield";
import { expect, test } from "vitest";

import HomeNotices from "../src/screens/home/HomeNotices.vue";
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

test("a shield that the service has forgotten leads to the guide only", async () => {
  const scanned = { expiresAt: LATER } as Status["scanned"];
  const forgotten = status({ isUnusable: true, isRenewalPending: true, scanned });
  const { wrapper } = await mounted(HomeNotices, { status: forgotten, me: ME });
  expect(wrapper.findAll(".note")).toHaveLength(1);
  expect(wrapper.text()).toContain("本机的手机盾不能再用");
  expect(wrapper.text()).not.toContain("没有收到结果");
  expect(wrapper.get("a").attributes("href")).toBe("/replace-phone?case=unusable");
  wrapper.unmount();
});

test("once it is revoked, the guide is no longer needed", async () => {
  const revoked = { ...ME, certificate: { ...ME.certificate, state: "revoked" } };
  const { wrapper } = await mounted(HomeNotices, { status: status({ isUnusable: true }), me: revoked });
  expect(wrapper.findAll(".note")).toHaveLength(0);
  wrapper.unmount();
});

test("otherwise an operation without an answer is told, and a PIN to be changed", async () => {
  const { wrapper } = await mounted(HomeNotices, { status: status({ isOperationUnfinished: true }), me: ME });
  expect(wrapper.findAll(".note")).toHaveLength(2);
  expect(wrapper.text()).toContain("没有收到结果");
  wrapper.unmount();
});
