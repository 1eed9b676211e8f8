// @vitest-environment happy-dom
/** Registration on a PC: a user who moves on while the code is being sent keeps the focus. */

import { i18n } from "@mshield/desk/i18n.ts";
import { flushPromises, mount } from "@vue/test-utils";
import { reactive } from "vue";
import { expect, test, vi } from "vitest";

const newCaptcha = vi.fn(async () => ({ id: "c1", picture: "data:,", sound: "" }));
const sendCode = vi.fn<() => Promise<number>>();
vi.mock("../src/engine/registration.ts", () => ({ newCaptcha, sendCode }));
const { default: PhoneFields } = await import("../src/screens/PhoneFields.vue");

test("doesn't move the focus back to the code once the user has moved on", async () => {
  const form = reactive({ phone: "13800006027", captchaId: "c1", captcha: "7KDM", smsCode: "" });
  const next = document.body.appendChild(document.createElement("input"));
  const fields = { errors: {}, check: () => true, place: () => false } as never;
  for (const goesOn of [true, false]) {
    const answer = Promise.withResolvers<number>();
    sendCode.mockReturnValueOnce(answer.promise);
    const wrapper = mount(PhoneFields, {
      props: { form, sentTo: "", fields, phone: form.phone, page: null },
      attachTo: document.body,
      global: { plugins: [i18n] },
    });
    await flushPromises();
    const button = wrapper.findAll("button").at(-1)!;
    button.element.focus();
    await button.trigger("click");
    if (goesOn) next.focus();
    answer.resolve(60);
    await flushPromises();
    const code = wrapper.findAll("input").at(-1)!.element;
    expect(document.activeElement).toBe(goesOn ? next : code);
    wrapper.unmount();
  }
});
