// @vitest-environment happy-dom
/**
 * Choosing a new PIN: entered twice, weak ones refused, and no digit visible in the document or a component.
 */

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

test("a PIN entered twice is chosen", async () => {
  const { enter, chosen } = await screen();
  await enter("271828");
  expect(document.body.textContent).toContain("再输入一次");
  expect(chosen()).toBeUndefined();
  await enter("271828");
  expect(chosen()).toEqual([["271828"]]);
});

test("a second entry that differs starts again", async () => {
  const { enter, chosen } = await screen();
  await enter("271828");
  await enter("271829");
  expect(document.querySelector('[role="alert"]')?.textContent).toContain("两次输入的不一样");
  expect(document.body.textContent).toContain("第 1 步");
  await enter("271829");
  await enter("271829");
  expect(chosen()).toEqual([["271829"]]);
});

test("a weak PIN is refused with the reason, before a second entry", async () => {
  const { enter, chosen } = await screen();
  await enter("123456");
  expect(document.querySelector('[role="alert"]')?.textContent).toContain("不能是连续的数字");
  await enter("271828");
  await enter("271828");
  expect(chosen()).toEqual([["271828"]]);
});

test("keys pressed during the check don't count for the second entry", async () => {
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

test("a digit can be deleted, and no digit is in the document", async () => {
  const { enter, chosen } = await screen();
  await enter("27182");
  expect(document.querySelector(".pin")?.outerHTML).not.toMatch(/2718|27182/);
  document.querySelector<HTMLElement>(".pad .no")!.click();
  await enter("95");
  await enter("271895");
  expect(chosen()).toEqual([["271895"]]);
});
