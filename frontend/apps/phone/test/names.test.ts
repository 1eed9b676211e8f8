// @vitest-environment happy-dom
/**
 * Translation of Chinese names from certificate and service, and texts that depend on the certificate's
 * state.
 */

import { flushPromises } from "@vue/test-utils";
import { afterEach, expect, test, vi } from "vitest";
import { nextTick } from "vue";

import { settings } from "../src/settings.ts";
import { mounted } from "./mounted.ts";

const me = { account: {}, certificate: null, renewal: { due: true, reason: "ending", until: 0 } };
vi.mock("../src/engine/shield.ts", () => ({
  getReady: () => undefined,
  shield: { status: async () => ({ isLoggedIn: true }), me: async () => me },
}));
const { default: CertificateCard } = await import("../src/parts/CertificateCard.vue");
const { default: StateChip } = await import("../src/parts/StateChip.vue");
const { default: RecentUse } = await import("../src/screens/home/RecentUse.vue");
const { refresh } = await import("../src/engine/phone.ts");

const CERTIFICATE = {
  shieldNumber: "MS20261127084",
  holds: [],
  changes: [],
  notAfter: Date.UTC(2031, 0, 1),
  subject: { commonName: "LIN", organisation: "BEICHAO", role: "操作员" },
};
const LOGIN = {
  sid: "a",
  kind: "login",
  title: "登录 单一窗口",
  drawn: null,
  businessName: "SINGLE WINDOW",
  signedAt: 0,
};

afterEach(() => {
  settings.language = "zh";
});

test("in English neither a role nor a login has a Chinese name", async () => {
  settings.language = "en";
  await nextTick();
  for (const [part, props] of [
    [CertificateCard, { certificate: CERTIFICATE, state: "active" }],
    [RecentUse, { items: [LOGIN] }],
  ] as const) {
    const { wrapper } = await mounted(part, props);
    await flushPromises();
    expect(wrapper.text()).not.toMatch(/\p{Script=Han}/u);
    wrapper.unmount();
  }
});

test("the home page shows hidden characters in a title, as the history does", async () => {
  const drawn = { title: "总价\u{202e}000621", amounts: [] };
  const item = { ...LOGIN, kind: "signature", drawn, businessName: "AB\u{0421}" };
  const { wrapper } = await mounted(RecentUse, { items: [item] });
  expect(wrapper.get("li b").text()).toBe("总价[U+202E]000621");
  expect(wrapper.get("li .g > span").text()).toContain("AB[U+0421]");
  wrapper.unmount();
});

test("in Chinese names stay unchanged", async () => {
  const { wrapper } = await mounted(CertificateCard, { certificate: CERTIFICATE, state: "active" });
  expect(wrapper.text()).toContain("操作员");
  wrapper.unmount();
});

const chip = async (): Promise<string> => {
  const { wrapper } = await mounted(StateChip, { state: "due" });
  const text = wrapper.text();
  wrapper.unmount();
  return text;
};

test("a certificate that expires soon is called 即将到期, one whose filing changed 需要更新", async () => {
  await refresh();
  expect(await chip()).toBe("即将到期");
  me.renewal.reason = "filing_changed";
  await refresh();
  expect(await chip()).toBe("需要更新");
});
