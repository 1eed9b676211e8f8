// @vitest-environment happy-dom
/** The renewal screen before a renewal begins: what changes, from when it is possible, or why not. */

import { ProblemError } from "@mshield/shield";
import { DAY_MS } from "@mshield/look/vue/dates.ts";
import type { IssuedCertificate, Me, RenewalPreview } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const shield = vi.hoisted(() => ({
  renewal: async () => null,
  renewalPreview: vi.fn(),
  renew: vi.fn(),
  certificate: vi.fn(),
}));
vi.mock("../src/engine/phone.ts", () => ({
  readStatus: async () => ({ isRenewalPending: false }),
  refresh: async () => {},
  isLoginOver: () => false,
}));
vi.mock("../src/engine/shield.ts", () => ({ shield }));
vi.mock("../src/engine/pin_entry.ts", () => ({
  withPin: async (_: unknown, act: (pin: string) => unknown) => await act("314159"),
}));
const { default: RenewFlow } = await import("../src/screens/certificate/RenewFlow.vue");

const CERTIFICATE = {
  state: "active",
  shieldNumber: "MS10720468813",
  holds: [],
  notAfter: Date.now() + 400 * DAY_MS,
  subject: { organisation: "宁波北潮进出口有限公司", commonName: "林知远", role: "操作员" },
} as unknown as IssuedCertificate;

const CERTIFIED = {
  name: "林知远",
  userType: "operator",
  enterprise: "宁波北潮进出口有限公司",
  creditCode: "91330206MA2XB7C1TW",
} as const;
const PREVIEW: RenewalPreview = {
  isDue: true,
  idNumberMasked: "**************4217",
  certified: CERTIFIED,
  filed: { ...CERTIFIED, enterprise: "宁波北潮供应链有限公司" },
  issuer: null,
};
const DUE = { due: true, reason: "filing_changed", until: CERTIFICATE.notAfter } as const;

async function shown(renewal: Me["renewal"]): Promise<string> {
  const me = { renewal, account: {}, certificate: CERTIFICATE } as unknown as Me;
  const { wrapper } = await mounted(RenewFlow, { me, certificate: CERTIFICATE });
  await flushPromises();
  const text = wrapper.text();
  wrapper.unmount();
  return text;
}

test("a user who is no longer on file sees that, and no date", async () => {
  const text = await shown(null);
  expect(text).toContain("备案中已没有您的信息");
  expect(text).not.toContain("可更新时间");
});

test("the data page shows old and new side by side, and asks for nothing that is known", async () => {
  shield.renewalPreview.mockResolvedValue(PREVIEW);
  const me = { renewal: DUE, account: { phoneMasked: "138****6027" }, certificate: CERTIFICATE };
  const { wrapper } = await mounted(RenewFlow, { me, certificate: CERTIFICATE });
  await flushPromises();
  const [changed] = wrapper.findAll("tbody tr");
  expect(changed!.get("s").text()).toBe("宁波北潮进出口有限公司");
  expect(changed!.get("b").text()).toBe("宁波北潮供应链有限公司");
  expect(wrapper.get(".kv").text()).toContain("**************4217");
  expect(wrapper.findAll("input")).toHaveLength(1);
  await wrapper.get("form").trigger("submit");
  expect(wrapper.text()).toContain("请填写 6 位短信验证码");
  expect(shield.renew).not.toHaveBeenCalled();
  await wrapper.get("input").setValue("123456");
  await wrapper.get("form").trigger("submit");
  await flushPromises();
  const { name, userType, creditCode } = PREVIEW.filed;
  expect(shield.renew.mock.calls[0]![0]).toEqual({
    name,
    userType,
    creditCode,
    idNumber: null,
    smsCode: "123456",
  });
  wrapper.unmount();
});

test("a refusal because of the filing is shown before a code is sent", async () => {
  shield.renewalPreview.mockRejectedValue(new ProblemError("no_filing", 409));
  expect(await shown(DUE)).toContain("备案中已没有您的信息");
});

test("a renewal that isn't due shows its earliest date", async () => {
  shield.renewalPreview.mockResolvedValue({ ...PREVIEW, isDue: false });
  shield.certificate.mockResolvedValue(CERTIFICATE);
  const text = await shown({ due: false, reason: null, until: CERTIFICATE.notAfter });
  expect(text).toContain("可更新时间");
  expect(text).not.toContain("备案中已没有");
});

test("a completed renewal with a lost answer is shown as done", async () => {
  shield.renewalPreview.mockResolvedValue({ ...PREVIEW, isDue: false });
  shield.certificate.mockResolvedValue({ ...CERTIFICATE, serial: "another" });
  expect(await shown(DUE)).toContain("证书已更新");
});
