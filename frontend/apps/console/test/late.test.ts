// @vitest-environment happy-dom
/** Late answers in the console: the display is of the latest request, and two presses do one thing. */

import AskDialog from "@mshield/desk/AskDialog.vue";
import { i18n } from "@mshield/desk/i18n.ts";
import { Problem } from "@mshield/desk/problem.ts";
import { DOMWrapper, enableAutoUnmount, flushPromises, mount } from "@vue/test-utils";
import { ElDialog } from "element-plus";
import { type Component, nextTick } from "vue";
import { createMemoryHistory, createRouter, type RouteRecordRaw } from "vue-router";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { leave, session } from "../src/engine/session.ts";

const GET = vi.fn();
const POST = vi.fn();
vi.mock("../src/engine/client.ts", () => ({ api: { GET, POST } }));
const { countWaiting, pendingCount } = await import("../src/engine/approvals.ts");
const { default: ConsoleRoot } = await import("../src/ConsoleRoot.vue");
const { default: AlikeSystems } = await import("../src/parts/AlikeSystems.vue");
const { default: PhoneCode } = await import("../src/screens/accounts/PhoneCode.vue");
const { default: FinalSteps } = await import("../src/screens/approvals/FinalSteps.vue");
const { default: CertificateScreen } = await import("../src/screens/certificates/CertificateScreen.vue");
const { default: ImportScreen } = await import("../src/screens/filing/ImportScreen.vue");
const { default: NameForm } = await import("../src/screens/login/NameForm.vue");
const { default: SystemForm } = await import("../src/screens/systems/SystemForm.vue");
const { default: HandInScreen } = await import("../src/screens/views/HandInScreen.vue");

function later<T>() {
  let [resolve, reject]: [(value: T) => void, (why: Error) => void] = [() => undefined, () => undefined];
  const promise = new Promise<T>((done, failed) => ([resolve, reject] = [done, failed]));
  return { promise, resolve, reject };
}
const good = (data: unknown) => ({ data, response: new Response() });
const waiting = (n: number) => good({ items: Array.from({ length: n }, () => ({ may_decide: true })) });
const bad = (error: object) => ({ error, response: new Response(null, { status: 409 }) });

enableAutoUnmount(afterEach);
beforeEach(() => {
  vi.resetAllMocks();
  leave();
});

function shown(component: Component, props: Record<string, unknown> = {}, routes: RouteRecordRaw[] = []) {
  const any = { path: "/:any(.*)*", component: { template: "<i />" } };
  const router = createRouter({ history: createMemoryHistory(), routes: [...routes, any] });
  const wrapper = mount(component, {
    props,
    attachTo: document.body,
    global: { plugins: [i18n, router] },
  });
  return { wrapper, router };
}

function officer(): void {
  session.roles = ["security_officer"];
  session.csrf = "x";
}

test("a page at another address starts empty", async () => {
  const pages: string[] = [];
  const page = { props: ["id"], template: "<p>{{ id }}</p>", created: (): void => void pages.push("page") };
  const { wrapper, router } = shown(ConsoleRoot, {}, [
    { path: "/accounts/:id", props: true, component: page },
  ]);
  await router.push("/accounts/a");
  await router.push("/accounts/b");
  await flushPromises();
  expect(wrapper.get("main p").text()).toBe("b");
  expect(pages).toHaveLength(2);
});

test("of two certificates, the one at the present address is displayed", async () => {
  const [a, b] = [later<object>(), later<object>()];
  GET.mockReturnValueOnce(a.promise).mockReturnValueOnce(b.promise);
  const { wrapper } = shown(CertificateScreen, { serial: "a" });
  await wrapper.setProps({ serial: "b" });
  const certificate = { state: "active", holds: [], role: "operator", id_type: "passport", expiring: false };
  const more = { signatures: 0, wrong_pins: 0, wrong_pins_ever: 0, chain: [], others: [], events: [] };
  const of = (number: string) =>
    good({ certificate: { ...certificate, shield_number: number, not_after: 0, issued_at: 0 }, ...more });
  b.resolve(of("MS10720468813"));
  await flushPromises();
  a.resolve(of("MS00000000000"));
  await flushPromises();
  expect(wrapper.get("h1").text()).toBe("MS107 2046 8813");
});

test("the number of waiting items is that of the newest answer", async () => {
  officer();
  const old = later<object>();
  GET.mockReturnValueOnce(old.promise).mockResolvedValueOnce(waiting(1));
  const first = countWaiting();
  await countWaiting();
  old.resolve(waiting(2));
  await first;
  expect(pendingCount.value).toBe(1);
});

test("a second press on the serious act keeps the code and its request", async () => {
  POST.mockResolvedValueOnce(good({ id: "f1", factors: ["totp"], key: null }));
  const approval = { id: "q", act: "ca.revoke", subject: "issuing" };
  const { wrapper } = shown(FinalSteps, { approval, named: "issuing", type: "名称", act: "吊销" });
  await flushPromises();
  const [name, code] = wrapper.findAll<HTMLInputElement>("input");
  await name!.setValue("issuing");
  await code!.setValue("246802");
  await wrapper.get("input[type=checkbox]").setValue(true);
  const answer = later<object>();
  POST.mockReturnValueOnce(answer.promise).mockResolvedValue(good({}));
  for (let press = 0; press < 2; press++) {
    await wrapper.get("form").trigger("submit");
    await flushPromises();
  }
  expect(POST).toHaveBeenCalledTimes(2);
  answer.resolve(good(null));
  await flushPromises();
  expect(POST.mock.calls.map(([path]) => String(path).split("/").at(-1))).toEqual([
    "factor-requests",
    "factor",
    "decision",
  ]);
});

test("changes made while a view is rendered don't count as rendered", async () => {
  const { wrapper } = shown(HandInScreen, { id: "bs-1" });
  const choose = async (n: number, name: string): Promise<void> => {
    const field = wrapper.findAll<HTMLInputElement>("input[type=file]")[n]!;
    Object.defineProperty(field.element, "files", { value: [new File(["<单/>"], name)], configurable: true });
    await field.trigger("change");
    await flushPromises();
  };
  await choose(0, "view.json");
  await choose(1, "a.xml");
  const drawn = later<object>();
  POST.mockReturnValue(drawn.promise);
  await wrapper
    .findAll("button")
    .find((one) => one.attributes("aria-busy") !== undefined)!
    .trigger("click");
  expect(POST).toHaveBeenCalledOnce();
  await choose(1, "b.xml");
  drawn.resolve(good({ id: "v", version: 1, in_force: null, samples: [], view: {} }));
  await flushPromises();
  expect(wrapper.findAll("form")).toHaveLength(0);
});

test("a report is not shown beside the name of another list, and takes no focus from a user who moved on", async () => {
  URL.createObjectURL = () => "blob:x";
  const { wrapper } = shown(ImportScreen);
  const field = wrapper.get<HTMLInputElement>("input[type=file]");
  const [a, b] = [later<object>(), later<object>()];
  POST.mockReturnValueOnce(a.promise).mockReturnValueOnce(b.promise);
  GET.mockResolvedValue(good({ phase: null, done: 0, total: 0 }));
  const choose = async (name: string): Promise<void> => {
    Object.defineProperty(field.element, "files", { value: [new File([""], name)], configurable: true });
    await field.trigger("change");
  };
  const counts = { will_add: 1, will_change: 0, unchanged: 0, enterprises_add: 0, enterprises_change: 0 };
  const line = {
    line: 2,
    kind: "added",
    change: "add",
    enterprise_change: "none",
    name: "人",
    id_number_masked: "330206********4217",
    role: "operator",
    enterprise: "宁波北潮",
    credit_code: "91330206MA2XB7C1TW",
    waits: null,
    shields_stopped: 0,
    changes: [],
    findings: [],
  };
  const report = { ...good(null), data: { ...counts, waiting: 0, applied: false, lines: [line] } };
  await choose("a.csv");
  await choose("b.csv");
  a.resolve(report);
  await flushPromises();
  expect(wrapper.text()).toContain("b.csv");
  expect(wrapper.find(".note").exists()).toBe(false);
  b.resolve(report);
  await flushPromises();
  expect(wrapper.find(".note.ok").exists()).toBe(true);
  const link = wrapper.get<HTMLElement>("a").element;
  for (const goesOn of [true, false]) {
    const applied = later<object>();
    POST.mockReturnValueOnce(applied.promise);
    const act = wrapper.get<HTMLElement>("button[aria-busy]");
    act.element.focus();
    await act.trigger("click");
    if (goesOn) link.focus();
    applied.resolve(good({ ...report.data, applied: true }));
    await flushPromises();
    expect(document.activeElement).toBe(goesOn ? link : wrapper.get(".note").element);
    POST.mockReturnValueOnce(Promise.resolve(report));
    await choose("a.csv");
    await flushPromises();
  }
});

test("a second press keeps the captcha of the login in progress", async () => {
  const captcha = {
    captcha_id: "c1",
    image_b64: "",
    challenge: {
      parameters: {
        algorithm: "PBKDF2/SHA-256",
        cost: 1,
        keyLength: 32,
        keyPrefix: "0",
        nonce: "00",
        salt: "00",
      },
      signature: "00",
    },
  };
  POST.mockResolvedValue(good(captcha));
  const { wrapper } = shown(NameForm);
  const [name, password] = wrapper.findAll<HTMLInputElement>("input");
  await name!.setValue("gu");
  await password!.setValue("p");
  await wrapper.get("form").trigger("submit");
  await flushPromises();
  const field = wrapper.findAll<HTMLInputElement>("input")[2]!;
  await field.setValue("7KDM");
  const drawn = POST.mock.calls.length;
  POST.mockReturnValue(later<object>().promise);
  for (let press = 0; press < 2; press++) {
    await wrapper.get("form").trigger("submit");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(POST.mock.calls.filter(([path]) => path === "/api/console/captchas")).toHaveLength(drawn);
  expect(field.element.value).toBe("7KDM");
});

test("a name changed meanwhile isn't reported as similar to systems like the old one", async () => {
  const { wrapper } = shown(SystemForm);
  await flushPromises();
  const dialog = new DOMWrapper(document.body);
  const [name, domain] = dialog.findAll<HTMLInputElement>("input");
  await name!.setValue("单一窗口");
  await domain!.setValue("a.example");
  const answer = later<object>();
  POST.mockReturnValue(answer.promise);
  await dialog.get("form").trigger("submit");
  expect(POST).toHaveBeenCalledOnce();
  await name!.setValue("宁波港");
  answer.resolve(bad({ code: "system_alike", zh: "相似", en: "Alike", alike: [] }));
  await flushPromises();
  expect(wrapper.findComponent(AlikeSystems).exists()).toBe(false);
});

test("a code typed while it was requested stays", async () => {
  const answer = later<object>();
  POST.mockReturnValue(answer.promise);
  const { wrapper } = shown(PhoneCode, {
    id: "a",
    phone: "13900005011",
    to: "new",
    modelValue: "135791",
    sent: null,
  });
  await wrapper.get("button").trigger("click");
  await wrapper.setProps({ modelValue: "246802" });
  answer.resolve(good({ phone_masked: "139****5011", resend_after: 60, unchanged: false }));
  await flushPromises();
  expect(wrapper.emitted("update:sent")).toHaveLength(1);
  expect(wrapper.emitted("update:modelValue")).toBeUndefined();
});

test("Escape doesn't close a dialog whose act is in progress, since its result may be shown only once", async () => {
  const props = { title: "新增", label: "新增", isBusy: false, problem: null as Problem | null };
  const { wrapper } = shown(AskDialog, props);
  await nextTick();
  const closes = (): unknown => wrapper.getComponent(ElDialog).props("closeOnPressEscape");
  expect(closes()).toBe(true);
  await wrapper.setProps({ isBusy: true });
  expect(closes()).toBe(false);
});
