// @vitest-environment happy-dom
/** Abandoned webhook deliveries: each with its reason, in the user's language, and possible actions. */

import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { flushPromises, mount } from "@vue/test-utils";
import { expect, test, vi } from "vitest";

import { session } from "../src/engine/session.ts";

const readDeliveries = vi.fn();
vi.mock("../src/engine/deliveries.ts", () => ({ readDeliveries, replay: vi.fn() }));
const { default: DeadPanel } = await import("../src/screens/jobs/DeadPanel.vue");

const REASONS = {
  gone: ["对方答复 410，地址已停用；启用后可重新发送", "It answered 410 and is disabled"],
  removed: ["通知地址已删除", "The webhook was removed"],
  status: ["答复不是成功", "It answered with an error"],
  timeout: ["超时", "Timed out"],
  address_forbidden: ["地址不允许", "Address not allowed"],
  ConnectError: ["无法连接", "No connection"],
  ReadError: ["未送达（ReadError）", "Not accepted (ReadError)"],
};

test("each states its reason, and removed ones can't be resent", async () => {
  session.roles = ["customer_service"];
  readDeliveries.mockResolvedValue({
    items: Object.keys(REASONS).map((error) => ({
      id: `msg_${error}`,
      event: "request.declined",
      attempts: error === "gone" ? 0 : 10,
      status: error === "status" ? 500 : null,
      error,
      ended_at: 1_795_500_000_000,
    })),
  });
  const panel = mount(DeadPanel, { global: { plugins: [i18n] } });
  await flushPromises();
  for (const [index, language] of (["zh", "en"] as const).entries()) {
    settings.language = language;
    await flushPromises();
    const rows = panel.findAll("tbody tr");
    expect(rows).toHaveLength(Object.keys(REASONS).length);
    for (const [row, [error, words]] of Object.entries(REASONS).entries()) {
      expect(rows[row]!.text()).toContain(words[index]);
      expect(rows[row]!.find("button").exists()).toBe(error !== "removed");
    }
  }
});
