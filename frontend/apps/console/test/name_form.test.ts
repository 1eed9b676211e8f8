// @vitest-environment happy-dom
/** The staff's login: a picture that comes says why, and the password can be looked at. */

import { i18n } from "@mshield/desk/i18n.ts";
import { flushPromises, mount } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import NameForm from "../src/screens/login/NameForm.vue";

vi.mock("../src/engine/login.ts", () => ({
  begin: vi.fn(),
  newCaptcha: async () => ({ id: "c", picture: "data:image/png;base64,", sound: "" }),
}));

test("a picture says why it is there, and the password is shown on demand", async () => {
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
