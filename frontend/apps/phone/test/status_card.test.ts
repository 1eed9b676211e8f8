// @vitest-environment happy-dom
/** The card on the home page: if this phone can't use its shield, the card doesn't show it as in order. */

import { DAY_MS } from "@mshield/look/vue/dates.ts";
import type { IssuedCertificate, Me } from "@mshield/shield";
import { expect, test } from "vitest";

import { certificateState, type CertificateState } from "../src/engine/certificate_state.ts";
import StatusCard from "../src/screens/home/StatusCard.vue";
import { mounted } from "./mounted.ts";

const CERTIFICATE = {
  state: "active",
  holds: [],
  notAfter: Date.now() + DAY_MS,
  changes: [],
  shieldNumber: "0000000000000000",
  subject: { organisation: "宁波北潮进出口有限公司", commonName: "林知远", role: "操作员" },
} as unknown as IssuedCertificate;
const RENEWAL = { due: true, reason: "ending", until: CERTIFICATE.notAfter } as Me["renewal"];

async function card(state: CertificateState, isUnusable: boolean, left = 5): Promise<Element> {
  const props = { certificate: CERTIFICATE, state, renewal: RENEWAL, isUnusable, left };
  const { wrapper } = await mounted(StatusCard, props);
  const element = wrapper.element as Element;
  wrapper.unmount();
  return element;
}

test.for(["active", "due"] as const)("unusable on this phone, %s at the service", async (state) => {
  const shown = await card(state, true);
  expect(shown.querySelector(".chip")?.textContent).toBe("本机不能用");
  expect(shown.className).toBe("cert held");
  expect(shown.querySelector("a")).toBeNull();
});

test("the last PIN attempt is announced if the shield still works", async () => {
  const LAST = "PIN 码只剩 1 次机会";
  expect((await card("active", false, 1)).textContent).toContain(LAST);
  const due = await card("due", false, 1);
  expect([...due.querySelectorAll("a")].map((link) => link.getAttribute("href"))).toEqual([
    "/faq/3.7",
    "/renew",
  ]);
  expect((await card("active", false, 2)).textContent).not.toContain(LAST);
  expect((await card("locked", false, 1)).textContent).not.toContain(LAST);
  expect((await card("active", true, 1)).textContent).not.toContain(LAST);
});

test("otherwise the certificate's state is shown", async () => {
  expect((await card("active", false)).querySelector(".chip")?.textContent).toBe("正常");
  const due = await card("due", false);
  expect(due.className).toBe("cert active");
  expect(due.querySelector("a")?.getAttribute("href")).toBe("/renew");
});

test("an unknown state isn't shown as in order", async () => {
  const state = certificateState({ certificate: { ...CERTIFICATE, state: "sleeping" }, renewal: RENEWAL }, 0);
  const shown = await card(state, false, 1);
  expect(shown.querySelector(".chip")?.textContent).toBe("请更新应用后查看");
  expect(shown.querySelector("a")).toBeNull();
});
