// @vitest-environment happy-dom
/** The staff's login: a picture with its reason, a password that can be shown, and errors at their fields. */

import { i18n } from "@mshield/desk/i18n.ts";
import { flushPromises, mount } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import FactorForm from "../src/screens/login/FactorForm.vue";
import NameForm from "../src/screens/login/NameForm.vue";

const calls = vi.hoisted(() => ({ begin: vi.fn(), finishByCode: vi.fn() }));
vi.mock("../src/engine/login.ts", () => ({
  ...calls,
  newCaptcha: async () => ({ id: "c", picture: "data:image/png;base64,", sound: "" }),
}));

test("a picture states why it is there, and the password is shown on demand", async () => {
  const form = mount(NameForm, { global: { plugins: [i18n] }, attachTo: document.body });
  const [name, password] = form.findAll("input");
  await name!.setValue("许安然");
  await password!.setValue("Right-password-1");
  expect(password!.attributes("type")).toBe("password");
  await form.find("[aria-label='显示密码']").trigger("click");
  expect(password!.attributes("type")).toBe("text");
  expect(form.find("[role=status]").exists()).toBe(false);
  await form.find("form").trigger("submit");
  await flushPromises();
  expect(form.find("[role=status]").text()).toContain("不一定是您");
  form.unmount();
});

test("marks empty fields, focuses the first, and sends nothing", async () => {
  const form = mount(NameForm, { global: { plugins: [i18n] }, attachTo: document.body });
  calls.begin.mockClear();
  expect(form.find("[type=submit]").attributes("disabled")).toBeUndefined();
  await form.find("form").trigger("submit");
  await flushPromises();
  expect(form.findAll(".wrong").map((error) => error.text())).toEqual(["请输入姓名", "请输入密码"]);
  const [name, password] = form.findAll("input");
  expect(document.activeElement).toBe(name!.element);
  await name!.setValue("许安然");
  await form.find("form").trigger("submit");
  await flushPromises();
  expect(document.activeElement).toBe(password!.element);
  expect(form.findAll(".wrong").map((error) => error.text())).toEqual(["请输入密码"]);
  expect(calls.begin).not.toHaveBeenCalled();
  form.unmount();
});

test("the second step reports a missing code", async () => {
  const begun = { factors: ["totp"], key: null } as never;
  const form = mount(FactorForm, { props: { begun }, global: { plugins: [i18n] }, attachTo: document.body });
  await form.find("input").setValue("123 45");
  await form.find("form").trigger("submit");
  await flushPromises();
  expect(form.find(".wrong").text()).toBe("请输入 6 位动态码");
  expect(document.activeElement).toBe(form.find("input").element);
  expect(calls.finishByCode).not.toHaveBeenCalled();
  form.unmount();
});
