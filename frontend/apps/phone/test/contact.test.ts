// @vitest-environment happy-dom
/**
 * The contact screen mentions a telephone number only if there is one, and no link leads to an unavailable
 * way.
 */

import { flushPromises } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const CODE = "91330206MA2XB7C1TW";
const nothing = { servicePhone: null, serviceChat: null, hoursZh: null, hoursEn: null };
let about: object = nothing;
let items: { way: string; reason: string | null }[] = [];
vi.mock("../src/engine/shield.ts", () => ({
  shield: {
    about: async () => about,
    status: async () => ({ isLoggedIn: true }),
    me: async () => ({ account: { name: "林知远" }, certificate: null, renewal: null }),
    identity: async () => ({ request: null, proofs: [] }),
    identityWays: async () => ({ isProven: false, countsFrom: null, enterprise: "北潮", items }),
  },
}));
const { default: ContactScreen } = await import("../src/screens/consent/ContactScreen.vue");
const { default: IdentityScreen } = await import("../src/screens/identity/IdentityScreen.vue");
const { default: CodeScreen } = await import("../src/screens/identity/CodeScreen.vue");
const { default: OtherWay } = await import("../src/screens/identity/OtherWay.vue");

test.for([
  [nothing, "再问贵企业法人", "上面的电话"],
  [{ ...nothing, servicePhone: "400-000-0000" }, "再打上面的电话", "再问贵企业法人"],
] as const)("whom to call after a fraud: %o", async ([known, said, unsaid]) => {
  about = known;
  const { wrapper } = await mounted(ContactScreen);
  await flushPromises();
  expect(wrapper.text()).toContain(said);
  expect(wrapper.text()).not.toContain(unsaid);
  wrapper.unmount();
});

test.for([
  ["other_phone", "/contact", false],
  [null, "/identity", true],
] as const)(
  "beside a code, with another way whose reason is %s, the user is led to %s",
  async ([reason, leads, hasOther]) => {
    items = [
      { way: "filing_code", reason: null },
      { way: "legal_person", reason },
    ];
    const { wrapper: ways, router } = await mounted(
      IdentityScreen,
      {},
      `/identity?type=operator&code=${CODE}`,
    );
    await flushPromises();
    await ways.get(".opts button").trigger("click");
    await flushPromises();
    const { fullPath } = router.currentRoute.value;
    ways.unmount();
    const { wrapper } = await mounted(CodeScreen, {}, fullPath);
    expect(wrapper.get(".rows a").attributes("href")!.split("?")[0]).toBe(leads);
    wrapper.unmount();
    const { wrapper: other } = await mounted(OtherWay, { record: null }, fullPath);
    expect(other.find("a").exists()).toBe(hasOther);
    other.unmount();
  },
);
