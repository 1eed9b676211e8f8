// @vitest-environment happy-dom
/** A certificate's page doesn't offer acts that are already requested and waiting. */

import { i18n } from "@mshield/desk/i18n.ts";
import { flushPromises, mount } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import CertificateScreen from "../src/screens/certificates/CertificateScreen.vue";

const calls = vi.hoisted(() => ({ readCertificate: vi.fn(), pendingActs: vi.fn() }));
vi.mock("../src/screens/certificates/calls.ts", () => ({ readCertificate: calls.readCertificate }));
vi.mock("../src/engine/approvals.ts", () => ({ pendingActs: calls.pendingActs, ask: vi.fn() }));
vi.mock("../src/engine/session.ts", () => ({ hasRole: (role: string) => role === "customer_service" }));

const NUMBER = "MS540012345678";
const certificate = { shield_number: NUMBER, state: "active", holds: [], expiring: false };
const DETAIL = { signatures: 0, wrong_pins: 0, wrong_pins_ever: 0, events: [], chain: [], others: [] };

test("shows a waiting act in place of its button", async () => {
  calls.readCertificate.mockResolvedValue({ certificate, ...DETAIL });
  calls.pendingActs.mockResolvedValue(["shield.suspend"]);
  const stubs = {
    RouterLink: true,
    ChainPanel: true,
    StoryPanel: true,
    StateChip: true,
    ShieldNumber: true,
    CopyButton: true,
  };
  const screen = mount(CertificateScreen, { props: { serial: "1" }, global: { plugins: [i18n], stubs } });
  await flushPromises();
  expect(calls.pendingActs).toHaveBeenCalledWith(NUMBER);
  expect(screen.findAll(".tools button").map((button) => button.text())).toEqual(["作废"]);
  expect(screen.find(".note").text()).toContain("已申请：暂停使用");
  screen.unmount();
});
