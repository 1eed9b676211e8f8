// @vitest-environment happy-dom
/** A login step with empty fields marks them and focuses the first, in both languages. */

import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { flushPromises, mount, type VueWrapper } from "@vue/test-utils";
import { afterEach, expect, test, vi } from "vitest";
import { ref, shallowRef } from "vue";

import ActivationForm from "../src/screens/login/ActivationForm.vue";
import CodeForm from "../src/screens/login/CodeForm.vue";
import CredentialsForm from "../src/screens/login/CredentialsForm.vue";

const calls = vi.hoisted(() => ({ begin: vi.fn(), finish: vi.fn(), activate: vi.fn() }));
vi.mock("../src/engine/login.ts", () => ({
  ...calls,
  newCaptcha: async () => ({ id: "c", picture: "data:image/png;base64,", sound: "" }),
  readUnprovenLogin: () => null,
}));

let form: VueWrapper;
const global = { plugins: [i18n], stubs: { RouterLink: true } };
const errors = (): string[] => form.findAll(".wrong").map((error) => error.text());
const focused = (): number =>
  form.findAll("input").findIndex((input) => input.element === document.activeElement);

async function press(): Promise<void> {
  expect(form.find("[type=submit]").attributes("disabled")).toBeUndefined();
  await form.find("form").trigger("submit");
  await flushPromises();
}

afterEach(() => {
  form.unmount();
  settings.language = "zh";
  vi.clearAllMocks();
});

test("account, password and captcha", async () => {
  const sources = {
    sources: [],
    chosen: shallowRef(null),
    choose: vi.fn(),
    isPending: ref(false),
    hold: vi.fn(),
  };
  form = mount(CredentialsForm, { props: { sources: sources as never }, global, attachTo: document.body });
  await flushPromises();
  await press();
  expect(errors()).toEqual(["请输入账号", "请输入密码", "请输入图中的字符"]);
  expect(focused()).toBe(0);
  settings.language = "en";
  await flushPromises();
  expect(errors()[1]).toBe("Enter your password");
  await form.findAll("input")[0]!.setValue("13800006027");
  await press();
  expect([errors().length, focused()]).toEqual([2, 1]);
  expect(calls.begin).not.toHaveBeenCalled();
  await form.findAll("input")[1]!.setValue("Right-password-1");
  await form.findAll("input")[2]!.setValue("abcd");
  await press();
  expect([errors(), calls.begin.mock.calls.length]).toEqual([[], 1]);
});

test("the SMS code", async () => {
  const begun = { loginId: "l", phone: "138****6027", resendIn: 60 };
  form = mount(CodeForm, { props: { begun }, global, attachTo: document.body });
  await form.find("input").setValue("12345");
  await press();
  expect([errors(), focused()]).toEqual([["请输入短信里的 6 位数字"], 0]);
  expect(calls.finish).not.toHaveBeenCalled();
});

test("the activation code", async () => {
  const unproven = { activationId: "a", countsFrom: null, isNumberLost: false };
  form = mount(ActivationForm, { props: { unproven }, global, attachTo: document.body });
  await press();
  expect([errors(), focused()]).toEqual([["请输入激活码"], 0]);
  expect(calls.activate).not.toHaveBeenCalled();
});
