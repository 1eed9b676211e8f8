// @vitest-environment happy-dom
/**
 * Changing a phone number step by step: only checked steps are ticked, and typed data isn't lost without a
 * question.
 */

import { i18n } from "@mshield/desk/i18n.ts";
import { Problem } from "@mshield/desk/problem.ts";
import { flushPromises, mount } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import type { AccountRecord } from "../src/screens/accounts/calls.ts";
import ChangePhoneScreen from "../src/screens/accounts/ChangePhoneScreen.vue";
import PhoneSteps from "../src/screens/accounts/PhoneSteps.vue";

const { readAccount, ...codes } = vi.hoisted(() => ({
  readAccount: vi.fn(),
  sendPhoneCode: vi.fn(),
  checkPhoneCode: vi.fn(),
}));
const { sendPhoneCode, checkPhoneCode } = codes;
vi.mock("../src/screens/accounts/calls.ts", async (load) => ({
  ...(await load<object>()),
  readAccount,
  ...codes,
}));

const leaves = (): boolean => window.dispatchEvent(new Event("beforeunload", { cancelable: true }));

const ticks = (now: number) =>
  mount(PhoneSteps, { props: { now }, global: { plugins: [i18n] } })
    .findAll("li")
    .map((step) => step.classes("ok"));

test("ticks what was checked", () => {
  expect(ticks(1)).toEqual([true, false, false, false]);
  expect(ticks(2)).toEqual([true, true, false, false]);
  expect(ticks(4)).toEqual([true, true, true, true]);
});

const refused = (code: string, extra: object): Problem =>
  new Problem({ code, zh: "验证码不正确", en: "Wrong code", faq: null, ...extra } as never, 400);

test("checks the new number's code where it is entered, and again only if it changes", async () => {
  const account = { name: "林知远", phone_masked: "136****4321", state: "active" };
  readAccount.mockResolvedValue({ account } as unknown as AccountRecord);
  sendPhoneCode.mockResolvedValue({ phone_masked: "136****0001", expires_in: 300, resend_after: 60 });
  const stubs = { RouterLink: true, ElRadioGroup: true, ElRadio: true };
  const screen = mount(ChangePhoneScreen, {
    props: { id: "a" },
    global: { plugins: [i18n], stubs },
    attachTo: document.body,
  });
  await flushPromises();
  const next = async (): Promise<void> => {
    await screen.get("form").trigger("submit");
    await flushPromises();
  };
  const now = (): number => screen.findAll(".steps li").findIndex((step) => step.classes("now")) + 1;
  await screen.get("input").setValue("13600000001");
  await screen.get("textarea").setValue("本人到柜台");
  await next();
  await screen.get(".code > .btn").trigger("click");
  await flushPromises();
  const field = () => screen.get<HTMLInputElement>(".code input");
  checkPhoneCode.mockRejectedValueOnce(refused("sms_code_wrong", { field: "new_code", left: 4 }));
  await field().setValue("111111");
  await next();
  expect([now(), field().attributes("aria-invalid"), screen.text().includes("验证码不正确")]).toEqual([
    2,
    "true",
    true,
  ]);
  checkPhoneCode.mockResolvedValue(undefined);
  await field().setValue("246810");
  await next();
  expect(now()).toBe(3);
  await screen
    .findAll(".feet button")
    .find((one) => one.text() === "上一步")!
    .trigger("click");
  await next();
  expect([now(), checkPhoneCode.mock.calls.map(([, , code]) => code)]).toEqual([3, ["111111", "246810"]]);
  screen.unmount();
});

test("the browser asks before typed data is lost", async () => {
  const account = { name: "林知远", phone_masked: "136****4321", state: "active" };
  readAccount.mockResolvedValue({ account } as unknown as AccountRecord);
  const stubs = { RouterLink: true };
  const screen = mount(ChangePhoneScreen, { props: { id: "a" }, global: { plugins: [i18n], stubs } });
  await flushPromises();
  expect(leaves()).toBe(true);
  await screen.find("input").setValue("13600000001");
  expect(leaves()).toBe(false);
  screen.unmount();
  expect(leaves()).toBe(true);
});
