// @vitest-environment happy-dom
/** The registration form: kept while the user reads help; missing values aren't called wrong. */

import { flushPromises, mount } from "@vue/test-utils";
import { expect, test, vi } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";

import { i18n } from "../src/words/i18n.ts";

vi.mock("../src/engine/shield.ts", () => ({
  shield: {
    requestSmsCode: async () => ({ expiresIn: 300, resendIn: 0 }),
    register: async () => {
      const { ProblemError } = await import("@mshield/shield");
      throw new ProblemError("sms_code_wrong", 400, undefined, { zh: "短信验证码不正确，请检查后再试" });
    },
  },
  getReady: () => undefined,
}));
const { default: RegisterScreen } = await import("../src/screens/account/RegisterScreen.vue");
const { recordConsents } = await import("../src/engine/policies.ts");

const empty = { template: "<i />" };

async function opened() {
  const routes = [
    { path: "/register", component: RegisterScreen },
    { path: "/:any(.*)*", component: empty },
  ];
  const router = createRouter({ history: createMemoryHistory(), routes });
  await router.push("/register");
  const app = mount(
    { template: "<RouterView />" },
    { global: { plugins: [i18n, router] }, attachTo: document.body },
  );
  await flushPromises();
  const go = async (path: string): Promise<void> => {
    await router.push(path);
    await flushPromises();
  };
  const field = (label: string) => {
    const row = app.findAll(".f").find((element) => element.text().startsWith(label))!;
    return row.get("input");
  };
  return { app, go, field };
}

test("the form warns that a reload drops its data, and stores none", async () => {
  const { app, field } = await opened();
  await field("姓名").setValue("林知远");
  await field("证件号码").setValue("330203199112074515");
  await field("手机号").setValue("13800006027");
  expect(app.text()).toContain("刷新或关闭页面后需重新填写");
  const stored = JSON.stringify([{ ...localStorage }, { ...sessionStorage }]);
  for (const part of ["林知远", "330203199112074515", "13800006027"]) {
    expect(stored).not.toContain(part);
  }
  app.unmount();
});

test("reading help keeps the data; opening any other screen drops them", async () => {
  const { app, go, field } = await opened();
  await field("姓名").setValue("林知远");
  await field("手机号").setValue("13800006027");
  for (const help of ["/faq/3.2", "/faq", "/me/about"]) {
    await go(help);
    await go("/register");
    expect((field("姓名").element as HTMLInputElement).value).toBe("林知远");
    expect((field("手机号").element as HTMLInputElement).value).toBe("13800006027");
  }
  await go("/login");
  await go("/register");
  expect((field("姓名").element as HTMLInputElement).value).toBe("");
  app.unmount();
});

test("an empty field is missing, not wrong; a new SMS code removes the error of the old one", async () => {
  recordConsents({ privacy: "2026-11-29", agreement: "2026-11-29", sensitive: "2026-11-29" });
  const { app, field } = await opened();
  await app.get("form").trigger("submit");
  await flushPromises();
  expect(app.text()).toContain("请填写姓名");
  expect(app.text()).toContain("请填写手机号");
  expect(app.text()).not.toContain("有误");
  await field("姓名").setValue("林知远");
  await field("证件号码").setValue("330206199001014217");
  await field("手机号").setValue("13800006027");
  await field("短信验证码").setValue("111111");
  await field("登录密码").setValue("Correct-Horse-9");
  await app.get("form").trigger("submit");
  await flushPromises();
  expect(app.text()).toContain("短信验证码不正确");
  await app.get(".sms-ask").trigger("click");
  await flushPromises();
  expect(app.text()).not.toContain("短信验证码不正确");
  expect((field("短信验证码").element as HTMLInputElement).value).toBe("");
  app.unmount();
});
