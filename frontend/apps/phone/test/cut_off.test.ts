// @vitest-environment happy-dom
/**
 * Without a network each screen that needs the service says so at once, and claims nothing that it doesn't
 * know.
 */

import type { Me, Status } from "@mshield/shield";
import { flushPromises } from "@vue/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const status = { isLoggedIn: true, shieldNumber: null, scanned: null } as unknown as Status;
const me = { account: { phoneMasked: "137****1234" }, certificate: null, renewal: null } as unknown as Me;
const POLICY = {
  name: "privacy",
  version: "3",
  zh: { title: "隐私政策", body: "本机留着的一份", changes: "" },
  en: { title: "Privacy policy", body: "the one kept here", changes: "" },
};
const idle = async (): Promise<void> => undefined;
/** Never answers, like the engine while it retries. */
const trying = (): Promise<never> => new Promise(() => undefined);
const service = {
  status: async () => status,
  me: trying as () => Promise<Me>,
  inbox: trying,
  asks: trying as () => Promise<readonly []>,
  policies: trying,
  closing: trying,
  identity: trying as () => Promise<object>,
  scan: trying,
  devices: trying as () => Promise<object>,
  pcLogins: async () => [],
  signatures: trying as () => Promise<object>,
  signature: trying as () => Promise<object>,
};
vi.mock("../src/engine/shield.ts", () => ({ shield: service }));
let filmed: ((texts: readonly string[]) => Promise<void>) | undefined;
vi.mock("../src/screens/request/scan/scanning.ts", async () => {
  const { ref } = await import("vue");
  return {
    useScanning: (_: unknown, onTexts: typeof filmed) => {
      filmed = onTexts;
      const no = ref(false);
      return { fault: ref(null), isLive: ref(true), hasTorch: no, isTorchOn: no, start: idle, stop: idle };
    },
  };
});
vi.mock("../src/screens/request/scan/code.ts", () => ({
  readCode: (text: string) => ({ kind: "request", requestId: "r", text }),
}));
vi.mock("../src/screens/request/scan/decoder.ts", () => ({ reader: trying }));
vi.mock("../src/screens/request/drawn/drawer.ts", () => ({ prepareWorker: () => undefined }));
let isOnline = false;
vi.spyOn(navigator, "onLine", "get").mockImplementation(() => isOnline);

beforeEach(() => {
  isOnline = false;
});
afterEach(async () => {
  const { forget } = await import("../src/engine/phone.ts");
  forget();
  service.me = trying;
  service.asks = trying;
  service.identity = trying;
  service.inbox = trying;
  service.devices = trying;
  service.signatures = trying;
  service.signature = trying;
  service.closing = trying;
});

const ANSWERS = {
  me: async () => me,
  inbox: async () => [],
  asks: async () => [],
  closing: async () => ({ dueAt: null, days: 7, shields: [], erased: [], kept: [], by: "sms_code" }),
  identity: async () => ({ proofs: [], request: null, secondAccounts: [], phoneChange: null }),
  devices: async () => ({ items: [], by: "sms_code" }),
  signatures: async () => ({ items: [], next: null }),
  signature: async () => Promise.reject(new (await import("@mshield/shield")).ProblemError("not_found", 404)),
};
const ASKED = Object.keys(ANSWERS);

async function connect(): Promise<void> {
  isOnline = true;
  globalThis.dispatchEvent(new Event("online"));
  await flushPromises();
}

const SCREENS = {
  "/pin": () => import("../src/screens/certificate/PinScreen.vue"),
  "/apply": () => import("../src/screens/certificate/ApplyScreen.vue"),
  "/renew": () => import("../src/screens/certificate/RenewScreen.vue"),
  "/inbox": () => import("../src/screens/request/InboxScreen.vue"),
  "/asks": () => import("../src/screens/asks/AsksScreen.vue"),
  "/next": () => import("../src/screens/home/NextScreen.vue"),
  "/me/data/close": () => import("../src/screens/consent/CloseScreen.vue"),
  "/identity": () => import("../src/screens/identity/IdentityScreen.vue"),
  "/identity/wait": () => import("../src/screens/identity/WaitScreen.vue"),
  "/me/identity": () => import("../src/screens/identity/ProofsScreen.vue"),
  "/me/devices": () => import("../src/screens/me/devices/DevicesScreen.vue"),
  "/me/signatures": () => import("../src/screens/me/signatures/SignaturesScreen.vue"),
  "/me/signatures/s1": () => import("../src/screens/me/signatures/SignatureScreen.vue"),
  "/policies/privacy": () => import("../src/screens/consent/PolicyScreen.vue"),
};

test.for(Object.entries(SCREENS))("%s says that there is no network", async ([address, load]) => {
  const { default: screen } = await load();
  const { wrapper } = await mounted(screen, {}, address);
  await flushPromises();
  expect(wrapper.get(".empty h2").text()).toBe("没有网络");
  expect(wrapper.get(".empty button").text()).toBe("再试一次");
  expect(wrapper.text()).not.toContain("没有需要法人办理的事项");
  wrapper.unmount();
});

/** Screens that need only one answer. */
const PLAIN = Object.entries(SCREENS).filter(([address]) =>
  /inbox|asks|identity|devices|signatures|close/.test(address),
);

test.for(PLAIN)("%s reloads by itself, even after all retries have failed", async ([address, load]) => {
  const { NetworkError } = await import("@mshield/shield");
  const asked = vi.fn(async () => {
    throw new NetworkError("cut off");
  });
  Object.assign(service, Object.fromEntries(ASKED.map((name) => [name, asked])));
  const { default: screen } = await load();
  const { wrapper } = await mounted(screen, {}, address);
  await flushPromises();
  expect(wrapper.get(".empty h2").text()).toBe("没有网络");
  const before = asked.mock.calls.length;
  await connect();
  expect(asked.mock.calls.length).toBeGreaterThan(before);
  expect(wrapper.get(".empty h2").text()).toBe("网络不稳定");
  isOnline = false;
  globalThis.dispatchEvent(new Event("offline"));
  await flushPromises();
  Object.assign(service, ANSWERS);
  await connect();
  expect(wrapper.find(".empty button").exists()).toBe(false);
  expect(wrapper.text()).not.toContain("没有网络");
  wrapper.unmount();
});

test("while the shield's state is unknown, the screen doesn't say that there is no shield", async () => {
  isOnline = true;
  const { ProblemError } = await import("@mshield/shield");
  service.me = () => Promise.reject(new ProblemError("unavailable", 503));
  service.asks = async () => [];
  const { default: AsksScreen } = await SCREENS["/asks"]();
  const { wrapper } = await mounted(AsksScreen, {}, "/asks");
  await flushPromises();
  expect(wrapper.text()).not.toContain("本机还没有手机盾");
  service.me = async () => me;
  service.identity = async () => ({ proofs: [] });
  await wrapper.get("main > button").trigger("click");
  await flushPromises();
  expect(wrapper.text()).toContain("本机还没有手机盾");
  wrapper.unmount();
});

test("the scanner reports that it has read a code and that there is no network", async () => {
  const { default: ScanScreen } = await import("../src/screens/request/ScanScreen.vue");
  const { wrapper } = await mounted(ScanScreen, {}, "/scan");
  await flushPromises();
  void filmed?.(["code"]);
  await flushPromises();
  expect(wrapper.get("[role=alert]").text()).toContain("已读到二维码，但没有网络");
  wrapper.unmount();
});

test("a cached document is shown at once", async () => {
  localStorage.setItem("mshield-policies", JSON.stringify({ documents: [POLICY], versions: {} }));
  vi.resetModules();
  const { default: PolicyScreen } = await SCREENS["/policies/privacy"]();
  const { wrapper } = await mounted(PolicyScreen, {}, "/policies/privacy");
  await flushPromises();
  expect(wrapper.text()).toContain("本机留着的一份");
  wrapper.unmount();
});
