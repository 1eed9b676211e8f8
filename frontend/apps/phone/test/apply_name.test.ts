// @vitest-environment happy-dom
/** A name that isn't the account's own is told at its field, before anybody chooses a PIN for nothing. */

import { flushPromises } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

let ways: () => Promise<unknown>;
const shield = {
  status: async () => ({ isLoggedIn: true }),
  identity: async () => ({ proofs: [] }),
  idNumberMasked: async () => "3302**********4217",
  identityWays: () => ways(),
};
vi.mock("../src/engine/shield.ts", () => ({ getReady: () => undefined, shield }));
vi.mock("../src/engine/keeping.ts", () => ({ useKeeping: () => null, askToKeep: async () => undefined }));
const { default: ApplyFlow } = await import("../src/screens/certificate/ApplyFlow.vue");

const ME = {
  account: { name: "沈若溪", phoneMasked: "138****6027", idType: "resident_id" },
  certificate: null,
};
const ADDRESS = "/apply?type=operator&code=91330206MA2XB7C1TW";

async function typed(name: string) {
  const { wrapper } = await mounted(ApplyFlow, { me: ME, state: "none" }, ADDRESS);
  await flushPromises();
  const fields = wrapper.findAll("input");
  await fields[0]!.setValue(name);
  await fields.at(-1)!.setValue("246802");
  const submit = async (): Promise<void> => {
    await wrapper.get("form").trigger("submit");
    await flushPromises();
  };
  await submit();
  return { wrapper, submit };
}

test("where the own name is on file, no other gets to the PIN", async () => {
  ways = async () => ({ isProven: true, items: [], countsFrom: null });
  const { wrapper, submit } = await typed("沈若");
  for (let time = 0; time < 2; time++) {
    const field = wrapper.get("input");
    expect(field.attributes("aria-invalid")).toBe("true");
    expect(document.activeElement).toBe(field.element);
    expect(wrapper.get(".row-error").text()).toContain("备案的姓名是“沈若溪”");
    await submit();
  }
  await wrapper.get("input").setValue(" 沈若溪");
  expect(wrapper.find(".row-error").exists()).toBe(false);
  await submit();
  expect(wrapper.find(".new-pin").exists()).toBe(true);
  wrapper.unmount();
});

test("where that isn't known it is said once, for the file may have a new name", async () => {
  const { ProblemError } = await import("@mshield/shield");
  ways = () => Promise.reject(new ProblemError("no_filing", 422));
  const { wrapper, submit } = await typed("沈若");
  expect(wrapper.get(".row-error").text()).toContain("与注册时的姓名“沈若溪”不一致");
  await submit();
  expect(wrapper.find(".new-pin").exists()).toBe(true);
  wrapper.unmount();
});
