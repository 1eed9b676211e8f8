// @vitest-environment happy-dom
/**
 * A displayed request: operations in progress when its time ends, a second refusal, and results after the
 * user has left.
 */

import type { Scan } from "@mshield/shield";
import { flushPromises, type VueWrapper } from "@vue/test-utils";
import { shallowRef } from "vue";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const shield = {
  status: vi.fn(async () => ({ isLoggedIn: true, scanned: null })),
  me: vi.fn(async () => ({ account: {}, certificate: null, renewal: null })),
  approve: vi.fn(),
  decline: vi.fn(),
  prolong: vi.fn(),
  fetchReturnAddress: vi.fn(async () => null),
  forgetRequest: vi.fn(async () => undefined),
  exportData: vi.fn(),
};
vi.mock("../src/engine/shield.ts", () => ({ getReady: () => undefined, shield }));
vi.mock("../src/engine/pin_entry.ts", () => ({
  pinEntry: { about: null },
  withPin: async (_: unknown, use: (pin: string) => Promise<unknown>) => await use("258017"),
}));
const save = vi.fn();
vi.mock("../src/screens/me/save.ts", () => ({ save }));
const { useRequestActions } = await import("../src/screens/request/request_actions.ts");
const { outcome } = await import("../src/screens/request/outcome.ts");
const { default: ExportScreen } = await import("../src/screens/consent/ExportScreen.vue");

const REQUEST = {
  requestId: "r1",
  kind: "login",
  requester: { name: "云帆", domain: "y.example" },
  expiresAt: Date.now() + 1000,
  tasks: [],
} as unknown as Scan;
const later = <T>() => Promise.withResolvers<T>();
let answering: ReturnType<typeof useRequestActions>;
let wrapper: VueWrapper;
const scanned = shallowRef<Scan | null>(null);

beforeEach(async () => {
  vi.clearAllMocks();
  outcome.value = null;
  scanned.value = REQUEST;
  const component = { template: "<i />", setup: () => void (answering = useRequestActions(scanned)) };
  ({ wrapper } = await mounted(component));
});
afterEach(() => wrapper.unmount());

test("a request with an extension or refusal in progress doesn't expire", async () => {
  const prolonged = later<Scan>();
  shield.prolong.mockReturnValue(prolonged.promise);
  const prolonging = answering.prolong();
  await answering.expire();
  expect(answering.ending.value).toBeNull();
  prolonged.resolve({ ...REQUEST, expiresAt: Date.now() + 60_000 } as Scan);
  await prolonging;
  expect(shield.forgetRequest).not.toHaveBeenCalled();
  const declined = later<null>();
  shield.decline.mockReturnValue(declined.promise);
  const declining = answering.decline("declined");
  await answering.expire();
  expect(answering.ending.value).toBeNull();
  declined.resolve(null);
  await declining;
  expect(answering.ending.value).toBe("declined");
});

test("a second refusal doesn't change the reason of the first", async () => {
  const declined = later<null>();
  shield.decline.mockReturnValue(declined.promise);
  const first = answering.decline("declined");
  await answering.decline("not_me");
  expect(answering.ending.value).toBeNull();
  declined.resolve(null);
  await first;
  expect(answering.ending.value).toBe("declined");
  expect(shield.decline).toHaveBeenCalledOnce();
});

test("a signature approved in the PIN sheet is reported even if its screen was left", async () => {
  const approved = later<object>();
  shield.approve.mockReturnValue(approved.promise);
  const approving = answering.approve({ title: "", act: "" }, {});
  await flushPromises();
  wrapper.unmount();
  approved.resolve({ documents: [], recovered: false, returnAddress: null });
  expect(await approving).toBe(true);
  expect(outcome.value?.requester.name).toBe("云帆");
});

test("a data export is saved even if the user has left its screen", async () => {
  const data = later<string>();
  shield.exportData.mockReturnValue(data.promise);
  const { wrapper: screen } = await mounted(ExportScreen);
  await flushPromises();
  await screen.get("input").setValue("246802");
  await screen.get("form").trigger("submit");
  screen.unmount();
  data.resolve("{}");
  await flushPromises();
  expect(save).toHaveBeenCalledExactlyOnceWith("mshield-my-data.json", "application/json", "{}");
});
