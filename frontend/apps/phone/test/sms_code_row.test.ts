// @vitest-environment happy-dom

import { ProblemError } from "@mshield/shield";
import { flushPromises, type VueWrapper } from "@vue/test-utils";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { mounted } from "./mounted.ts";

const requestSmsCode = vi.fn();
vi.mock("../src/engine/shield.ts", () => ({ shield: { requestSmsCode } }));
const { default: SmsCodeRow } = await import("../src/parts/SmsCodeRow.vue");

const PROPS = { modelValue: "", purpose: "register", phone: "13800006027", sentTo: "138****6027" };
let wrapper: VueWrapper;

async function shown(props: Record<string, unknown> = {}): Promise<VueWrapper> {
  ({ wrapper } = await mounted(SmsCodeRow, { ...PROPS, ...props }));
  return wrapper;
}

describe("the SMS code's row", () => {
  beforeAll(() => vi.useFakeTimers());
  afterAll(() => vi.useRealTimers());
  beforeEach(() => {
    requestSmsCode.mockReset().mockResolvedValue({ expiresIn: 300, resendIn: 60 });
  });

  afterEach(() => {
    // The waiting time is kept beyond the screen, so let it pass.
    vi.advanceTimersByTime(600_000);
    wrapper.unmount();
  });

  it("sends a code, shows the number, and counts down to the next", async () => {
    const row = await shown();
    await row.get("button").trigger("click");
    await flushPromises();
    expect(requestSmsCode).toHaveBeenCalledExactlyOnceWith("register", "13800006027", null);
    expect(row.get('[role="status"]').text()).toBe("已发送到 138****6027");
    expect(row.get("button").text()).toBe("60 秒后重发");
    await vi.advanceTimersByTimeAsync(59_000);
    expect(row.get("button").text()).toBe("1 秒后重发");
    await vi.advanceTimersByTimeAsync(1000);
    expect(row.get("button").text()).toBe("重新获取");
    expect(row.get("a").attributes("href")).toBe("/faq/3.2");
  });

  it("continues the countdown when the screen is opened again", async () => {
    const first = await shown();
    await first.get("button").trigger("click");
    await flushPromises();
    first.unmount();
    await vi.advanceTimersByTimeAsync(20_000);
    const second = await shown();
    expect(second.get("button").text()).toBe("40 秒后重发");
    await second.get("button").trigger("click");
    expect(requestSmsCode).toHaveBeenCalledOnce();
  });

  it("shows again, after help, where a valid code was sent", async () => {
    const first = await shown();
    await first.get("button").trigger("click");
    await flushPromises();
    first.unmount();
    await vi.advanceTimersByTimeAsync(90_000);
    const second = await shown();
    expect(second.get("button").text()).toBe("重新获取");
    expect(second.get('[role="status"]').text()).toBe("已发送到 138****6027");
    expect(second.get("a").attributes("href")).toBe("/faq/3.2");
    second.unmount();
    // The own number of another user, who has logged in since.
    const others = await shown({ phone: null, sentTo: "139****0001" });
    expect(others.get("button").text()).toBe("获取验证码");
    others.unmount();
    await vi.advanceTimersByTimeAsync(300_000);
    expect((await shown()).get("button").text()).toBe("获取验证码");
  });

  it("shows no number after a reload", async () => {
    const first = await shown({ sentTo: "" });
    await first.get("button").trigger("click");
    await flushPromises();
    expect(first.get('[role="status"]').text()).toBe("");
    expect(first.get("a").attributes("href")).toBe("/faq/3.2");
  });

  it("requests nothing while the number is invalid", async () => {
    const row = await shown({ check: () => false });
    await row.get("button").trigger("click");
    expect(requestSmsCode).not.toHaveBeenCalled();
  });

  it("waits as long as the service says, and shows the reason", async () => {
    const extra = { retry_after: 25 };
    requestSmsCode.mockRejectedValue(
      new ProblemError("sms_too_soon", 429, undefined, { zh: "刚刚发过", extra }),
    );
    const row = await shown();
    await row.get("button").trigger("click");
    await flushPromises();
    expect(row.get('[role="alert"]').text()).toBe("刚刚发过");
    expect(row.get("button").text()).toBe("25 秒后重发");
  });

  it("keeps a code typed during the request, and clears an earlier one", async () => {
    for (const [typed, kept] of [
      ["246802", undefined],
      ["135791", ""],
    ]) {
      const answer = Promise.withResolvers<object>();
      requestSmsCode.mockReturnValue(answer.promise);
      const row = await shown({ modelValue: "135791" });
      await row.get("button").trigger("click");
      await row.setProps({ modelValue: typed });
      answer.resolve({ expiresIn: 300, resendIn: 60 });
      await flushPromises();
      expect(row.emitted("update:modelValue")?.at(-1)?.[0]).toBe(kept);
      vi.advanceTimersByTime(600_000);
      row.unmount();
    }
  });

  it("sends one request for two presses, and shows its number even if the form has changed", async () => {
    const answer = Promise.withResolvers<object>();
    requestSmsCode.mockReturnValue(answer.promise);
    const row = await shown();
    await row.get("button").trigger("click");
    await row.get("button").trigger("click");
    await row.setProps({ phone: "13900005011", sentTo: "139****5011" });
    answer.resolve({ expiresIn: 300, resendIn: 60 });
    await flushPromises();
    expect(requestSmsCode).toHaveBeenCalledOnce();
    expect(row.emitted("asked")).toEqual([[null]]);
    expect(row.get('[role="status"]').text()).toBe("已发送到 138****6027");
  });
});
