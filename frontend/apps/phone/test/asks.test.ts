// @vitest-environment happy-dom
/** 请法人办理 offers the requests that a shield's state allows, for this phone's shield or another one. */

import { flushPromises } from "@vue/test-utils";
import { beforeEach, expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const OWN = "MS10720468813";
const LOST = "MS10720468821";
const healthy = { shieldNumber: OWN, state: "active", holds: [] as string[], notAfter: Date.now() + 1e10 };
let certificate: typeof healthy | null;
let proofs: { endedAt: number | null }[];
let asked: object[];
const ask = vi.fn(async () => undefined);
vi.mock("../src/engine/shield.ts", () => ({
  shield: {
    status: async () => ({ isLoggedIn: true }),
    me: async () => ({ account: {}, certificate, renewal: null }),
    asks: async () => asked,
    identity: async () => ({ proofs }),
    devices: async () => ({ items: [{ ...healthy }, { ...healthy, shieldNumber: LOST, holds: ["lost"] }] }),
    ask,
  },
}));
const { default: AsksScreen } = await import("../src/screens/asks/AsksScreen.vue");
const { default: SendNumber } = await import("../src/parts/SendNumber.vue");

beforeEach(() => {
  certificate = healthy;
  proofs = [{ endedAt: null }];
  asked = [];
});

async function offered(address = "/asks") {
  const { wrapper } = await mounted(AsksScreen, {}, address);
  await flushPromises();
  const kinds = wrapper.findAll("[type=radio]").map((radio) => radio.attributes("value"));
  return { wrapper, kinds, leads: wrapper.find("a[href='/identity']").exists() };
}

test("for a healthy shield lifting isn't offered, and a proven user isn't asked to prove their identity", async () => {
  const { wrapper, kinds, leads } = await offered();
  expect([kinds, leads]).toEqual([["report_loss", "revoke", "renew"], false]);
  wrapper.unmount();
});

test.for([
  [{ holds: ["frozen"] }, ["report_loss", "revoke", "lift", "renew"]],
  [{ holds: ["lost"] }, ["revoke", "lift", "renew"]],
  [{ holds: ["clone"] }, ["report_loss", "revoke", "renew"]],
  [{ state: "pin_locked" }, ["revoke"]],
  [{ state: "revoked" }, []],
] as const)("shield %o: offers %o", async ([state, expected]) => {
  certificate = { ...healthy, ...state } as typeof healthy;
  const { wrapper, kinds } = await offered();
  expect(kinds).toEqual(expected);
  wrapper.unmount();
});

test("a user without a valid proof gets a link to prove their identity", async () => {
  proofs = [{ endedAt: 1 }];
  const { wrapper, leads } = await offered();
  expect(leads).toBe(true);
  wrapper.unmount();
});

test("opened from a lost phone in the device list, the request is about that phone's shield", async () => {
  const { wrapper: link } = await mounted(SendNumber, { number: LOST, text: LOST });
  const { phone } = await import("../src/engine/phone.ts");
  expect(phone.status?.isLoggedIn).toBe(true);
  const address = link.get("a").attributes("href")!;
  const { wrapper, kinds } = await offered(address);
  expect(kinds).toContain("lift");
  await wrapper.get("[value=revoke]").setValue();
  await wrapper.get("form").trigger("submit");
  await flushPromises();
  expect(ask).toHaveBeenCalledWith("revoke", LOST, "");
  wrapper.unmount();
  link.unmount();
});

test("a request of an unknown kind is listed with a note to update the app", async () => {
  const one = {
    id: "1",
    shieldNumber: OWN,
    note: "",
    askedAt: 1,
    expiresAt: 2,
    decidedAt: null,
    reason: null,
  };
  asked = [
    { ...one, kind: "unknown", state: "waiting" },
    { ...one, id: "2", kind: "revoke", state: "unknown" },
  ];
  const { wrapper } = await offered();
  const rows = wrapper.findAll("ul.rows li b").map((row) => row.text());
  expect(rows).toEqual(["请更新应用后查看等法人办理", "作废手机盾请更新应用后查看"]);
  wrapper.unmount();
});
