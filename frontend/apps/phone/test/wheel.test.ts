// @vitest-environment happy-dom

import { describe, expect, it } from "vitest";

import ChoiceRow from "../src/parts/ChoiceRow.vue";
import { mounted } from "./mounted.ts";

const OPTIONS = ["居民身份证", "护照", "港澳居民来往内地通行证"].map((label) => ({ value: label, label }));

describe("a choice from the wheel", () => {
  it("opens at the current value, turns by arrow keys, and returns the chosen value", async () => {
    const { wrapper } = await mounted(ChoiceRow, {
      label: "证件类型",
      options: OPTIONS,
      modelValue: "护照",
      "onUpdate:modelValue": (modelValue: string) => wrapper.setProps({ modelValue }),
    });
    expect(wrapper.get("button").text()).toContain("护照");
    await wrapper.get("button").trigger("click");
    const list = document.querySelector<HTMLElement>('[role="listbox"]')!;
    const chosen = (): string | undefined =>
      list.querySelector('[aria-selected="true"]')?.textContent?.trim();
    expect(chosen()).toBe("护照");
    const press = async (key: string): Promise<void> => {
      list.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      await wrapper.vm.$nextTick();
    };
    await press("ArrowDown");
    await press("ArrowDown");
    expect(chosen()).toBe("港澳居民来往内地通行证");
    await press("Home");
    expect(chosen()).toBe("居民身份证");
    await press("Enter");
    expect(document.querySelector("dialog")).toBeNull();
    expect(wrapper.get("button").text()).toContain("居民身份证");
    wrapper.unmount();
  });
});
