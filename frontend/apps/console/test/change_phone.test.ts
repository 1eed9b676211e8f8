// @vitest-environment happy-dom
/** Another phone number, step by step: nothing has a tick that wasn't checked, and nothing typed goes without a question. */

import { i18n } from "@mshield/desk/i18n.ts";
import { flushPromises, mount } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import type { AccountRecord } from "../src/screens/accounts/calls.ts";
import ChangePhoneScreen from "../src/screens/accounts/ChangePhoneScreen.vue";
import PhoneSteps from "../src/screens/accounts/PhoneSteps.vue";

const { readAccount } = vi.hoisted(() => ({ readAccount: vi.fn() }));
vi.mock("../src/screens/accounts/calls.ts", async (load) => ({ ...(await load<object>()), readAccount }));

const leaves = (): boolean => window.dispatchEvent(new Event("beforeunload", { cancelable: true }));

const ticks = (now: number, isChecked: boolean) =>
  mount(PhoneSteps, { props: { now, isChecked }, global: { plugins: [i18n] } })
    .findAll("li")
    .map((step) => step.classes("ok"));

test("the new number's code has its tick once the service took it", () => {
  expect(ticks(2, false)).toEqual([true, false, false, false]);
  expect(ticks(2, true)).toEqual([true, true, false, false]);
  expect(ticks(4, true)).toEqual([true, true, true, true]);
});

test("the browser asks before what was typed is gone", async () => {
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
