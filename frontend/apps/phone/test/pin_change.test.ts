// @vitest-environment happy-dom
/** PIN change: the current PIN first; the same one as new PIN is refused before the service is asked. */

import { type PinSource, ProblemError } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { afterEach, expect, test, vi } from "vitest";

import { i18n } from "../src/words/i18n.ts";
import { mounted } from "./mounted.ts";

const calls: string[] = [];
const ask = async (pin: PinSource): Promise<string> =>
  typeof pin === "string" ? pin : await pin({ keyId: "k", left: 5, fell: false, pinSetAt: 0 });
vi.mock("../src/engine/shield.ts", () => ({
  getReady: () => undefined,
  shield: {
    confirmPin: async (pin: PinSource) => {
      const digits = await ask(pin);
      calls.push(`confirm ${digits}`);
      if (digits !== "135790") {
        throw new ProblemError("wrong_pin", 403, undefined, { extra: { left: 4 } });
      }
    },
    checkNewPin: async () => undefined,
    changePin: async (old: string, changed: string) => {
      calls.push(`change ${old} ${changed}`);
      return { recovered: false };
    },
    status: async () => ({ left: 5, isLoggedIn: true }),
    me: () => new Promise(() => undefined), // never answers
  },
}));
vi.mock("../src/engine/biometric.ts", () => ({
  hasSealedPin: async () => false,
  removeBiometric: async () => undefined,
}));
const { readStatus } = await import("../src/engine/phone.ts");
const { press } = await import("../src/engine/pin_entry.ts");
const { default: PinChange } = await import("../src/screens/certificate/PinChange.vue");

afterEach(() => void (i18n.global.locale.value = "zh"));

test.for([
  ["zh", "先确认是您本人。还可以试 5 次，和签名时共用。改到一半断网，仍用旧的 PIN 码。"],
  [
    "en",
    "First confirm that it's you. 5 tries left, shared with signing. If the network fails halfway, the old PIN stays valid.",
  ],
] as const)("in %s the sentences are separated as the language requires", async ([language, sentences]) => {
  await readStatus();
  i18n.global.locale.value = language;
  const { wrapper } = await mounted(PinChange);
  expect(wrapper.get(".old-pin > p.dim").text()).toBe(sentences);
  wrapper.unmount();
});

test("asks for the old PIN, then twice for the new one; refuses the current one as new", async () => {
  const { wrapper } = await mounted(PinChange);
  expect(wrapper.text()).toContain("第 1 步，共 3 步");
  expect(wrapper.text()).toContain("现在的 PIN 码");
  await wrapper.get("button").trigger("click");
  await flushPromises();
  for (const digit of "246802135790") {
    press(Number(digit));
    await flushPromises();
  }
  expect(calls).toEqual(["confirm 246802", "confirm 135790"]);
  expect(wrapper.text()).toContain("第 2 步，共 3 步");
  const type = async (pin: string): Promise<void> => {
    for (const digit of pin) {
      const keys = wrapper.findAll(".pad button");
      await keys.find((key) => key.text() === digit)!.trigger("click");
      await flushPromises();
    }
  };
  await type("135790");
  expect(wrapper.text()).toContain("新 PIN 码不能与原 PIN 码相同");
  expect(calls).toHaveLength(2);
  await type("864209");
  expect(wrapper.text()).toContain("第 3 步，共 3 步");
  await type("864209");
  expect(calls.at(-1)).toBe("change 135790 864209");
  expect(wrapper.text()).toContain("PIN 码已修改");
  expect(document.activeElement).toBe(wrapper.get("h2").element);
  wrapper.unmount();
});
