// @vitest-environment happy-dom
/** A refusal needs confirmation: it can't be undone, and the applicant gets an SMS. */

import { i18n } from "@mshield/desk/i18n.ts";
import { enableAutoUnmount, flushPromises, mount } from "@vue/test-utils";
import { afterEach, expect, test, vi } from "vitest";

import { enter } from "../src/engine/session.ts";

const POST = vi.fn();
vi.mock("../src/engine/client.ts", () => ({ api: { POST } }));
const { default: ApplicationPanel } = await import("../src/screens/applications/ApplicationPanel.vue");

enableAutoUnmount(afterEach);

test("one click asks, and only the confirmation refuses", async () => {
  const application = {
    id: "a",
    name: "赵晓燕",
    filed_name: "赵晓燕",
    state: "waiting",
    role: "operator",
    id_type: "passport",
    phone_masked: "",
    filed_phone_masked: null,
    same_phone: null,
    expires_at: 8e12,
    asked_at: 0,
    shields: 0,
  };
  enter({ name: "", csrf_token: "x", enterprises: [{ credit_code: "9", name: "北潮" }] } as never);
  POST.mockResolvedValue({ data: {}, response: new Response() });
  const panel = mount(ApplicationPanel, {
    props: { application: application as never },
    attachTo: document.body,
    global: { plugins: [i18n], stubs: { RouterLink: true } },
  });
  await panel.get(".acts .no").trigger("click");
  await flushPromises();
  expect(POST).not.toHaveBeenCalled();
  const asks = document.querySelector(".el-dialog")!;
  expect(asks.textContent).toContain("拒绝赵晓燕的申请？");
  expect(asks.textContent).toContain("对方马上收到短信");
  expect(asks.textContent).toContain("拒绝后不能撤回");
  asks.querySelector<HTMLFormElement>("form")!.requestSubmit();
  await flushPromises();
  expect(POST).toHaveBeenCalledTimes(1);
  expect(panel.emitted("decided")).toEqual([["refuse", "赵晓燕"]]);
});
