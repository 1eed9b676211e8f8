// @vitest-environment happy-dom
/**
 * A cold start offers only the ways that the service accepts, with the reason; the phone learns them from
 * refusals and from the home page.
 */

import { type Me, ProblemError, type Status } from "@mshield/shield";
import { flushPromises, type VueWrapper } from "@vue/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nextTick } from "vue";

import { mounted } from "./mounted.ts";

const shield = {
  status: vi.fn(),
  unlock: vi.fn(),
  requestSmsCode: vi.fn(),
  captcha: vi.fn(),
  accountSources: vi.fn(),
};
vi.mock("../src/engine/shield.ts", () => ({ getReady: () => undefined, shield }));
vi.mock("../src/engine/biometric.ts", () => ({ isBiometricOn: async () => true, openPin: async () => null }));
vi.mock("../src/engine/pin_entry.ts", () => ({
  withPin: async (_about: unknown, use: (pin: string) => Promise<unknown>) => await use("586471"),
}));
const { default: LoginScreen } = await import("../src/screens/account/LoginScreen.vue");
const { default: LockedScreen } = await import("../src/screens/lock/LockedScreen.vue");
const { recordState } = await import("../src/engine/unlock_methods.ts");
const { readStatus } = await import("../src/engine/phone.ts");

const NUMBER = "MS00000000001";
const STATUS = {
  isLoggedIn: false,
  isUnusable: false,
  certificatePem: "PEM",
  shieldNumber: NUMBER,
  account: "13800006028",
  owner: { name: "沈若澜", phoneMasked: "138****6028" },
  left: null,
} as unknown as Status;
let wrapper: VueWrapper;

function known(state: string, holds: readonly string[] = []): Pick<Me, "certificate" | "renewal"> {
  const certificate = { state, holds, notAfter: Date.now() + 1e9, shieldNumber: NUMBER };
  return { certificate, renewal: null } as unknown as Me;
}

async function start(parts: Partial<Status> = {}): Promise<VueWrapper> {
  shield.status.mockResolvedValue({ ...STATUS, ...parts });
  await readStatus();
  ({ wrapper } = await mounted(LoginScreen, {}, "/login"));
  await flushPromises();
  return wrapper;
}

const doors = (): string[] =>
  wrapper.findAll(".doors .btn").map((door) => `${door.classes("p") ? "!" : ""}${door.text()}`);

beforeEach(() => {
  vi.clearAllMocks();
  shield.captcha.mockResolvedValue({ id: "c1", image: null });
  shield.accountSources.mockResolvedValue([]);
  recordState(known("active"), Date.now());
});
afterEach(() => wrapper.unmount());

test("a working shield opens by fingerprint, PIN, SMS and password", async () => {
  await start();
  expect(doors()).toEqual(["!用指纹或面容打开", "用 PIN 码打开", "先扫码", "短信验证码登录", "密码登录"]);
});

test.for([
  [["lost"], ["!密码登录"]],
  [["frozen", "clone"], ["!密码登录"]],
  [["revoked"], ["!密码登录"]],
  [["frozen"], ["!短信验证码登录", "密码登录"]],
  [["expired"], ["!短信验证码登录", "密码登录"]],
] as const)("refused as held for %j it leaves %j, now and at the next start", async ([reasons, left]) => {
  shield.unlock.mockRejectedValue(
    new ProblemError("held", 403, undefined, { zh: "证书已停用", extra: { reasons } }),
  );
  await start();
  await wrapper.findAll(".doors .btn")[1]!.trigger("click");
  await flushPromises();
  expect(wrapper.get("[role=alert]").text()).toContain("证书已停用");
  expect(doors()).toEqual(left);
  wrapper.unmount();
  await start();
  expect(doors()).toEqual(left);
  expect(wrapper.get(".note.warn").text()).toContain("打不开");
});

test.for([
  ["held", ["suspended"], ["!短信验证码登录", "密码登录"]],
  ["held", ["lost"], ["!密码登录"]],
  ["pin_locked", [], ["!密码登录"]],
  ["revoked", [], ["!密码登录"]],
] as const)("reported on the home page as %s %j", async ([state, holds, left]) => {
  recordState(known(state === "held" ? "active" : state, holds), Date.now());
  await nextTick();
  await start();
  expect(doors()).toEqual(left);
  wrapper.unmount();
  recordState(known("active"), Date.now());
  await start();
  expect(doors()).toContain("用 PIN 码打开");
});

test("only the way is stored, without the reason, and only for this shield", async () => {
  recordState(known("active", ["lost"]), Date.now());
  await nextTick();
  expect(localStorage.getItem("mshield-open-way")).toBe(JSON.stringify({ shield: NUMBER, way: "password" }));
  await start({ shieldNumber: "MS00000000002" });
  expect(doors()).toContain("用 PIN 码打开");
});

test("an SMS code that the service refuses leads to the password", async () => {
  recordState(known("active", ["suspended"]), Date.now());
  shield.requestSmsCode.mockRejectedValue(
    new ProblemError("password_needed", 403, undefined, { zh: "请用密码" }),
  );
  await start();
  await wrapper.get(".doors .btn").trigger("click");
  await wrapper.get(".sms-ask").trigger("click");
  await flushPromises();
  expect(doors()).toEqual(["!密码登录"]);
});

test("a locked app doesn't ask for the PIN of a shield on hold", async () => {
  shield.status.mockResolvedValue({ ...STATUS, isLoggedIn: true });
  shield.unlock.mockRejectedValue(
    new ProblemError("held", 403, undefined, { zh: "证书已停用", extra: { reasons: ["frozen"] } }),
  );
  const open = async (): Promise<string[]> => {
    ({ wrapper } = await mounted(LockedScreen, {}, "/locked"));
    await flushPromises();
    return wrapper.findAll("footer .btn").map((button) => button.text());
  };
  expect(await open()).toContain("输入 PIN 码继续");
  await wrapper.findAll("footer .btn")[1]!.trigger("click");
  await flushPromises();
  expect(wrapper.text()).toContain("现在打不开应用");
  wrapper.unmount();
  expect(await open()).not.toContain("输入 PIN 码继续");
});

test("with one attempt left, or none, the PIN isn't offered", async () => {
  await start({ left: 1 });
  expect(doors()).toEqual(["!短信验证码登录", "密码登录", "先扫码"]);
  expect(wrapper.get(".note.warn").text()).toContain("只剩 1 次机会");
  wrapper.unmount();
  await start({ left: 0 });
  expect(doors()).toEqual(["!密码登录"]);
});
