// @vitest-environment happy-dom
/** Late answers in the portal: what is read, selected or typed stays, and two presses do one thing. */

import LogOutButton from "@mshield/desk/LogOutButton.vue";
import { i18n } from "@mshield/desk/i18n.ts";
import { enableAutoUnmount, flushPromises, mount } from "@vue/test-utils";
import type { Component } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { choose, enter, leave } from "../src/engine/session.ts";

const GET = vi.fn();
const POST = vi.fn();
vi.mock("../src/engine/client.ts", () => ({ api: { GET, POST } }));
const { counts, readCounts } = await import("../src/engine/applications.ts");
const { default: ApplicationsScreen } = await import("../src/screens/ApplicationsScreen.vue");
const { default: EnterprisesScreen } = await import("../src/screens/EnterprisesScreen.vue");
const { default: ShieldsScreen } = await import("../src/screens/ShieldsScreen.vue");
const { default: ShieldScreen } = await import("../src/screens/ShieldScreen.vue");
const { default: CodeForm } = await import("../src/screens/login/CodeForm.vue");
const { default: CredentialsForm } = await import("../src/screens/login/CredentialsForm.vue");
const { usePortalSources } = await import("../src/engine/account_sources.ts");

const [A, B] = [
  { credit_code: "91330206MA2XB7C1TW", name: "北潮" },
  { credit_code: "91330200MA2AGH4X6Q", name: "云帆" },
];
const CHALLENGE = {
  parameters: {
    algorithm: "PBKDF2/SHA-256",
    cost: 1,
    keyLength: 32,
    keyPrefix: "0",
    nonce: "00",
    salt: "00",
  },
  signature: "00",
};
function later<T>() {
  let [resolve, reject]: [(value: T) => void, (why: Error) => void] = [() => undefined, () => undefined];
  const promise = new Promise<T>((done, failed) => ([resolve, reject] = [done, failed]));
  return { promise, resolve, reject };
}
const good = (data: unknown) => ({ data, response: new Response() });
const lost = (): never => {
  throw new TypeError("no network");
};

enableAutoUnmount(afterEach);
beforeEach(() => {
  vi.resetAllMocks();
  vi.useRealTimers();
  localStorage.clear();
  leave();
  enter({ name: "沈若琪", csrf_token: "x", enterprises: [A, B] } as never);
  choose(A!.credit_code);
});

function shown(component: Component, props: Record<string, unknown> = {}) {
  const routes = [{ path: "/:any(.*)*", component: { template: "<i />" } }];
  const router = createRouter({ history: createMemoryHistory(), routes });
  const wrapper = mount(component, { props, attachTo: document.body, global: { plugins: [i18n, router] } });
  return { wrapper, router };
}

const shield = (n: number, state = "active") => ({
  shield_number: `MS1072046${String(n).padStart(4, "0")}`,
  name: "林知远",
  state,
  holds: [],
  expiring: false,
  role: "operator",
  not_after: 0,
  used_at: null,
});
const application = (id: string) => ({
  id,
  name: id,
  filed_name: id,
  state: "waiting",
  role: "operator",
  id_type: "passport",
  id_number_masked: "",
  phone_masked: "",
  filed_phone_masked: null,
  same_phone: null,
  browser: null,
  asked_at: 0,
  expires_at: 8e12,
  decided_at: null,
  shields: 0,
});

const waits = (waiting: number) => good({ items: [], next: null, counts: { waiting } });
const shieldsPage = (numbers: number[], next: string | null) =>
  good({ items: numbers.map((n) => shield(n)), next, count: null });
const applicationsPage = (...ids: string[]) =>
  good({ items: ids.map((id) => application(id)), next: null, counts: {} });
const standing = (holds: string[]) =>
  good({ shield: { ...shield(1), holds }, events: [], earlier: [], proofs: [] });

test("the number of waiting items is the selected enterprise's, by its newest answer", async () => {
  const [a, old] = [later<object>(), later<object>()];
  GET.mockReturnValueOnce(a.promise);
  const first = readCounts(A!.credit_code);
  choose(B!.credit_code);
  GET.mockReturnValueOnce(old.promise).mockResolvedValueOnce(waits(1));
  const second = readCounts(B!.credit_code);
  await readCounts(B!.credit_code);
  a.resolve(waits(9));
  old.resolve(waits(2));
  await Promise.all([first, second]);
  expect(counts.waiting).toBe(1);
});

test("the displayed application stays, whatever arrives before it", async () => {
  vi.useFakeTimers();
  GET.mockResolvedValueOnce(applicationsPage("b"));
  const { wrapper } = shown(ApplicationsScreen);
  await flushPromises();
  GET.mockResolvedValue(applicationsPage("a", "b"));
  await vi.advanceTimersByTimeAsync(4000);
  await flushPromises();
  expect(wrapper.findAll("li button").map((row) => row.text()).length).toBe(2);
  expect(wrapper.get(".right h2").text()).toContain("b");
});

test("the rest of a list isn't selected in another list", async () => {
  GET.mockResolvedValue(shieldsPage([0, 1], "1"));
  const { wrapper } = shown(ShieldsScreen);
  await flushPromises();
  await wrapper.get("thead input[type=checkbox]").setValue(true);
  const rest = later<object>();
  GET.mockReturnValueOnce(rest.promise).mockResolvedValue(shieldsPage([7, 8, 9], null));
  await wrapper.get(".batch .lk").trigger("click");
  await wrapper.get<HTMLInputElement>("input[type=text], input:not([type])").setValue("顾");
  await new Promise((resolve) => setTimeout(resolve, 300));
  await flushPromises();
  expect(wrapper.findAll("tbody tr")).toHaveLength(3);
  rest.resolve(shieldsPage([2, 3], null));
  await flushPromises();
  expect(wrapper.find(".batch").exists()).toBe(false);
});

test("a shield is shown as after the act, although it was read before", async () => {
  vi.useFakeTimers();
  GET.mockResolvedValueOnce(standing([]));
  const { wrapper } = shown(ShieldScreen, { number: "MS10720460001" });
  await flushPromises();
  const look = later<object>();
  GET.mockReturnValueOnce(look.promise);
  await vi.advanceTimersByTimeAsync(4000);
  GET.mockResolvedValue(standing(["lost"]));
  const acts = wrapper.findAllComponents({ name: "ActDialogs" })[0]!;
  acts.vm.$emit("done", []);
  await flushPromises();
  look.resolve(standing([]));
  await flushPromises();
  expect(wrapper.get("header, .chip").text()).toContain("挂失");
});

test("a second press doesn't change the key of a code, and a code typed meanwhile stays", async () => {
  const { wrapper } = shown(EnterprisesScreen);
  const field = wrapper.get<HTMLInputElement>("input");
  await field.setValue("K7RD-4WX9-2HNM");
  const answer = later<object>();
  POST.mockReturnValueOnce(answer.promise);
  await wrapper.get("form").trigger("submit");
  await wrapper.get("form").trigger("submit");
  answer.promise.catch(() => undefined);
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  const { noConnection } = await import("@mshield/desk/problem.ts");
  answer.reject(noConnection());
  await flushPromises();
  const again = later<object>();
  POST.mockReturnValueOnce(again.promise);
  await wrapper.get("form").trigger("submit");
  const [first, second] = POST.mock.calls.map(([, { headers }]) => headers["Idempotency-Key"]);
  expect(second).toBe(first);
  await field.setValue("ABCD-EFGH-JKLM");
  again.resolve(good({ counts_from: 0, enterprises: [A] }));
  await flushPromises();
  expect(field.element.value).toBe("ABCD-EFGH-JKLM");
});

test("a new code typed before the answer to its request stays", async () => {
  vi.useFakeTimers();
  const begun = { loginId: "l1", phone: "139****5011", resendIn: 0 };
  const { wrapper } = shown(CodeForm, { begun });
  const field = wrapper.get<HTMLInputElement>("input");
  await field.setValue("135791");
  for (const typed of ["246802", "246802"]) {
    const answer = later<object>();
    POST.mockReturnValueOnce(answer.promise);
    const before = field.element.value;
    await wrapper.findAll("button")[1]!.trigger("click");
    if (before === "135791") await field.setValue(typed);
    answer.resolve(good({ login_id: "l2", phone_masked: "139****5011", resend_in: 0 }));
    await flushPromises();
    expect(field.element.value).toBe(before === "135791" ? typed : "");
  }
});

test("a second press keeps the login's captcha; late sources don't change the system", async () => {
  const source = { name: "customs", kind: "password", title_zh: "海关", title_en: "Customs" };
  localStorage.setItem("mshield-portal-source", "customs");
  const listed = later<object>();
  GET.mockImplementationOnce(lost).mockReturnValueOnce(listed.promise);
  POST.mockResolvedValue(good({ captcha_id: "c1", image_b64: "", challenge: CHALLENGE }));
  const sources = usePortalSources();
  await sources.load().catch(() => undefined);
  const { wrapper } = shown(CredentialsForm, { sources });
  await flushPromises();
  const [account, password, captcha] = wrapper.findAll<HTMLInputElement>("input");
  await account!.setValue("gu");
  await password!.setValue("p");
  await captcha!.setValue("7KDM");
  const loading = sources.load();
  listed.resolve(good({ items: [source] }));
  await loading;
  await flushPromises();
  expect(sources.chosen.value).toBeNull();
  POST.mockReturnValue(later<object>().promise);
  for (let press = 0; press < 2; press++) {
    await wrapper.get("form").trigger("submit");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(POST.mock.calls.filter(([path]) => path === "/api/portal/captchas")).toHaveLength(1);
  expect(captcha!.element.value).toBe("7KDM");
});

test("pressed twice, logout waits for the end of the session", async () => {
  const ended = later<void>();
  const { wrapper, router } = shown(LogOutButton, { logOut: () => ended.promise });
  for (let press = 0; press < 2; press++) await wrapper.get("button").trigger("click");
  await flushPromises();
  expect(router.currentRoute.value.path).toBe("/");
  ended.resolve();
  await flushPromises();
  expect(router.currentRoute.value.path).toBe("/login");
});
