// @vitest-environment happy-dom
/** Lines that wait for another officer, with the new data; a missing number is marked. */

import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { flushPromises, mount } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import type { Approval, ProposedLegalPerson } from "../src/engine/types.ts";

const { listLegalPersons } = vi.hoisted(() => ({ listLegalPersons: vi.fn() }));
vi.mock("../src/engine/approvals.ts", () => ({ listLegalPersons }));
const { default: LegalPersonsList } = await import("../src/screens/approvals/LegalPersonsList.vue");
const LINE: ProposedLegalPerson = {
  line: 2,
  role: "operator",
  change: "change",
  name: "CHAN Tai Man",
  id_type: "hk_macau_permit",
  id_number_masked: "H0*****67",
  phone: "",
  enterprise: "宁波北潮（集团）",
  credit_code: "91330206MA2XB7C1TW",
  enterprise_before: "宁波北潮",
  name_before: "CHAN Tai Man",
  phone_before: "",
  phone_waits: null,
  state: "waiting",
  shields_stopped: 0,
};

test.for([
  ["none before, none now", { phone: "", phone_before: "" }, "手机号 无"],
  ["the list says nothing of one", { phone: null, phone_before: null }, "手机号 无"],
  ["what is on file stays", { phone: null, phone_before: "13800006027" }, "手机号 13800006027"],
  ["taken away", { phone: "", phone_before: "13800006027" }, "手机号 无 原为 13800006027"],
  ["a first one", { phone: "13800006027", phone_before: "" }, "手机号 13800006027"],
] as const)("about a number: %s", async ([, phones, said]) => {
  settings.language = "zh";
  listLegalPersons.mockResolvedValue({ items: [{ ...LINE, ...phones }], next: null });
  const list = mount(LegalPersonsList, {
    props: { modelValue: [], seen: false, approval: { id: "a", details: {} } as unknown as Approval },
    global: { plugins: [i18n], stubs: { ElCheckbox: true } },
  });
  await flushPromises();
  expect(list.get(".who > :last-child").text()).toBe(said);
});

test.for([
  [
    "their own",
    { shields_stopped: 1, enterprise: LINE.enterprise_before! },
    "批准后 1 个手机盾会停用，须更新证书",
  ],
  ["all of an enterprise's", { shields_stopped: 1200 }, "批准后全企业共 1,200 个手机盾会停用，须更新证书"],
] as const)("about shields that stop: %s", async ([, stops, said]) => {
  settings.language = "zh";
  listLegalPersons.mockResolvedValue({ items: [{ ...LINE, ...stops }], next: null });
  const list = mount(LegalPersonsList, {
    props: { modelValue: [], seen: false, approval: { id: "a", details: {} } as unknown as Approval },
    global: { plugins: [i18n], stubs: { ElCheckbox: true } },
  });
  await flushPromises();
  expect(list.get(".who > :last-child").text()).toBe(said);
});
