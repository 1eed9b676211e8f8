// @vitest-environment happy-dom
/** The card on the home page: where this phone can't use its shield any more, it doesn't say that all is in order. */

import { DAY_MS } from "@mshield/look/vue/dates.ts";
import type { IssuedCertificate, Me } from "@mshield/shield";
import { expect, test } from "vitest";

import type { CertificateState } from "../src/engine/certificate_state.ts";
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

async function card(state: CertificateState, isUnusable: boolean): Promise<Element> {
  const props = { certificate: CERTIFICATE, state, renewal: RENEWAL, isUnusable };
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

test("otherwise as it stands", async () => {
  expect((await card("active", false)).querySelector(".chip")?.textContent).toBe("正常");
  const due = await card("due", false);
  expect(due.className).toBe("cert active");
  expect(due.querySelector("a")?.getAttribute("href")).toBe("/renew");
});
