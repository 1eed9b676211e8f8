// @vitest-environment happy-dom
/** What the page of renewing shows before one begins: the form, from when, or why nobody can be renewed. */

import { DAY_MS } from "@mshield/look/vue/dates.ts";
import type { IssuedCertificate, Me } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

vi.mock("../src/engine/shield.ts", () => ({ shield: { renewal: async () => null } }));
const { default: RenewFlow } = await import("../src/screens/certificate/RenewFlow.vue");

const CERTIFICATE = {
  state: "active",
  holds: [],
  notAfter: Date.now() + 400 * DAY_MS,
  subject: { organisation: "宁波北潮进出口有限公司", commonName: "林知远", role: "操作员" },
} as unknown as IssuedCertificate;

async function shown(renewal: Me["renewal"]): Promise<string> {
  const me = { renewal, account: {}, certificate: CERTIFICATE } as unknown as Me;
  const { wrapper } = await mounted(RenewFlow, { me, certificate: CERTIFICATE });
  await flushPromises();
  const text = wrapper.text();
  wrapper.unmount();
  return text;
}

test("who has left the filing is told so, and of no day from when they could", async () => {
  const text = await shown(null);
  expect(text).toContain("备案中已没有您的信息");
  expect(text).not.toContain("可更新时间");
});

test("a renewal that isn't due says from when it is", async () => {
  const text = await shown({ due: false, reason: null, until: CERTIFICATE.notAfter });
  expect(text).toContain("可更新时间");
  expect(text).not.toContain("备案中已没有");
});
