// @vitest-environment happy-dom
/** The form shows mismatches with the filed person's data at their fields, before a PIN is chosen. */

import { flushPromises } from "@vue/test-utils";
import { beforeEach, expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

let ways: () => Promise<unknown>;
let check: () => Promise<void>;
const shield = {
  status: async () => ({ isLoggedIn: true }),
  identity: async () => ({ proofs: [] }),
  idNumberMasked: async () => "3302**********4217",
  identityWays: () => ways(),
  checkApplication: () => check(),
};
vi.mock("../src/engine/shield.ts", () => ({ getReady: () => undefined, shield }));
vi.mock("../src/engine/persistence.ts", () => ({
  usePersistence: () => null,
  requestPersistence: async () => undefined,
}));
const { stepBack } = await import("../src/engine/back.ts");
const { default: ApplyFlow } = await import("../src/screens/certificate/ApplyFlow.vue");

const ME = {
  account: { name: "沈若溪", phoneMasked: "138****6027", idType: "resident_id" },
  certificate: null,
};
const ADDRESS = "/apply?type=operator&code=91330206MA2XB7C1TW";

beforeEach(() => (check = async () => undefined));

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

test("if the account's own name is on file, another name never reaches the PIN", async () => {
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

test("if the filing can't be checked, a different name is warned of only once", async () => {
  const { ProblemError } = await import("@mshield/shield");
  ways = () => Promise.reject(new ProblemError("no_filing", 422));
  const { wrapper, submit } = await typed("沈若");
  expect(wrapper.get(".row-error").text()).toContain("与注册时的姓名“沈若溪”不一致");
  await submit();
  expect(wrapper.find(".new-pin").exists()).toBe(true);
  wrapper.unmount();
});

test("a role or code that isn't on file is shown at its field and blocks the PIN until it is changed", async () => {
  const { ProblemError } = await import("@mshield/shield");
  ways = () => Promise.reject(new ProblemError("no_filing", 409));
  check = ways as () => Promise<never>;
  const { wrapper, submit } = await typed("沈若溪");
  const faults = (): string[] => wrapper.findAll(".row-error").map((row) => row.text());
  expect(wrapper.find(".new-pin").exists()).toBe(false);
  expect(faults()).toEqual(["请核对：备案的是法人，还是操作员", "请核对：是不是备案您的那家企业"]);
  expect(wrapper.find(".refusal").exists()).toBe(true);
  const code = wrapper.findAll("input").find((one) => one.element.value === "91330206MA2XB7C1TW")!;
  await code.setValue("91370203MA3YK2D9RF");
  expect(faults()).toEqual([]);
  check = async () => undefined;
  await submit();
  expect(wrapper.find(".new-pin").exists()).toBe(true);
  wrapper.unmount();
});

test("other reasons for refusal are shown before the PIN", async () => {
  const { ProblemError } = await import("@mshield/shield");
  ways = async () => ({ isProven: true, items: [], countsFrom: null });
  check = () => Promise.reject(new ProblemError("device_limit", 409));
  const { wrapper } = await typed("沈若溪");
  expect([wrapper.find(".refusal").exists(), wrapper.find(".new-pin").exists()]).toEqual([true, false]);
  wrapper.unmount();
});

test("after a refused record was accepted, a refused SMS code doesn't mark the record as wrong again", async () => {
  const { ProblemError } = await import("@mshield/shield");
  ways = async () => ({ isProven: true, items: [], countsFrom: null });
  const refuse = (code: string) => () => Promise.reject(new ProblemError(code, 409));
  check = refuse("no_filing");
  const { wrapper, submit } = await typed("沈若溪");
  const faults = (): number => wrapper.findAll(".row-error").length;
  expect(faults()).toBe(2);
  check = refuse("device_limit");
  await submit();
  check = async () => undefined;
  await submit();
  expect([wrapper.find(".new-pin").exists(), faults()]).toEqual([true, 0]);
  stepBack();
  await flushPromises();
  expect([wrapper.find("form").exists(), faults()]).toEqual([true, 0]);
  wrapper.unmount();
});
