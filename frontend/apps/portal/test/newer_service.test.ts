// @vitest-environment happy-dom
/** For a request or state of a newer service, the page asks to be reloaded, beside the rest. */

import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import StateChip from "@mshield/desk/StateChip.vue";
import { mount } from "@vue/test-utils";
import { beforeEach, expect, test } from "vitest";
import { createMemoryHistory, createRouter } from "vue-router";

import AskPanel from "../src/screens/asks/AskPanel.vue";

const ASK = {
  id: "a1",
  kind: "transfer",
  state: "waiting",
  shield_number: "MS10720468813",
  name: "林知远",
  phone_masked: "138****6027",
  note: "换了岗位",
  reason: null,
  asked_at: 1,
  expires_at: 2,
  decided_at: null,
};
const router = createRouter({
  history: createMemoryHistory(),
  routes: [{ path: "/:any(.*)*", component: { template: "<i />" } }],
});
const global = { plugins: [i18n, router] };

const chip = (state: string, holds: string[]): string =>
  mount(StateChip, { props: { state, holds }, global }).text();

beforeEach(() => (settings.language = "zh"));

test("a request: shows who asks and the note, and can't be answered unread", () => {
  const wrapper = mount(AskPanel, { props: { ask: ASK as never }, global });
  expect(wrapper.get("h2").text()).toBe("请刷新本页后查看");
  expect(wrapper.text()).toContain("林知远");
  expect(wrapper.text()).toContain("换了岗位");
  expect(wrapper.findAll("button, a")).toEqual([]);
  const known = mount(AskPanel, { props: { ask: { ...ASK, kind: "renew" } as never }, global });
  expect(known.findAll("button")).toHaveLength(2);
});

test("the state of a shield, and a hold", () => {
  expect(chip("moved", [])).toBe("请刷新本页后查看");
  expect(chip("active", ["quarantined"])).toBe("请刷新本页后查看");
  expect(chip("revoked", [])).toBe("已作废");
});
