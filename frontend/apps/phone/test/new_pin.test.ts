// @vitest-environment happy-dom
/** Choosing a new PIN: twice the same, the weak one refused, and no digit where a document or a component shows it. */

import { PhoneError } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { afterEach, expect, test, vi } from "vitest";

import NewPin from "../src/parts/NewPin.vue";
import { mounted } from "./mounted.ts";

const weak = async (pin: string): Promise<void> => {
  if (pin === "123456") {
    const extra = { zh: "PIN 码太简单：不能是连续的数字", en: "Too easy: a run" };
    throw new PhoneError("weak_pin", undefined, extra);
  }
};

afterEach(() => (document.body.innerHTML = ""));

async function screen(
  check = weak,
): Promise<{ enter: (pin: string) => Promise<void>; chosen: () => unknown }> {
  const { wrapper } = await mounted(NewPin, { check });
  const enter = async (pin: string): Promise<void> => {
    for (const digit of pin) {
      const key = wrapper.findAll(".pad button").find((button) => button.text() === digit);
      await key!.trigger("click");
    }
    await flushPromises();
  };
  return { enter, chosen: () => wrapper.emitted("chosen") };
}

test("entered twice it is chosen", async () => {
  const { enter, chosen } = await screen();
  await enter("271828");
  expect(document.body.textContent).toContain("再输入一次");
  expect(chosen()).toBeUndefined();
  await enter("271828");
  expect(chosen()).toEqual([["271828"]]);
});

test("a second one that differs begins again", async () => {
  const { enter, chosen } = await screen();
  await enter("271828");
  await enter("271829");
  expect(document.querySelector('[role="alert"]')?.textContent).toContain("两次输入的不一样");
  expect(document.body.textContent).toContain("第 1 步");
  await enter("271829");
  await enter("271829");
  expect(chosen()).toEqual([["271829"]]);
});

test("a weak one is refused with the reason, before a second entry", async () => {
  const { enter, chosen } = await screen();
  await enter("123456");
  expect(document.querySelector('[role="alert"]')?.textContent).toContain("不能是连续的数字");
  await enter("271828");
  await enter("271828");
  expect(chosen()).toEqual([["271828"]]);
});

test("keys pressed while it is checked are not taken for the second entry", async () => {
  const asked: (() => void)[] = [];
  const check = vi.fn(() => new Promise<void>((resolve) => asked.push(resolve)));
  const { enter, chosen } = await screen(check);
  await enter("271828");
  await enter("999");
  expect(document.body.textContent).toContain("正在检查");
  asked[0]!();
  await flushPromises();
  await enter("271828");
  expect(check).toHaveBeenCalledTimes(1);
  expect(chosen()).toEqual([["271828"]]);
});

test("a digit can be taken back, and no digit stands in the document", async () => {
  const { enter, chosen } = await screen();
  await enter("27182");
  expect(document.querySelector(".pin")?.outerHTML).not.toMatch(/2718|27182/);
  document.querySelector<HTMLElement>(".pad .no")!.click();
  await enter("95");
  await enter("271895");
  expect(chosen()).toEqual([["271895"]]);
});
