// @vitest-environment happy-dom
/**
 * Late answers: a screen that was left doesn't navigate, a refresh doesn't undo an action, and a double tap
 * acts once.
 */

import { flushPromises, type VueWrapper } from "@vue/test-utils";
import { beforeEach, expect, test, vi } from "vitest";

import { mounted } from "./mounted.ts";

const NAMES = [
  "status",
  "me",
  "identity",
  "identityWays",
  "idNumberMasked",
  "remindLegalPerson",
  "inbox",
  "openTogether",
  "scan",
  "claim",
  "asks",
  "ask",
  "objectToSecondAccount",
  "stopPhoneChange",
  "closing",
  "signatures",
  "register",
  "checkApplication",
  "apply",
  "persist",
] as const;
const shield = Object.fromEntries(NAMES.map((name) => [name, vi.fn()])) as Record<
  (typeof NAMES)[number],
  ReturnType<typeof vi.fn>
>;
vi.mock("../src/engine/shield.ts", () => ({ getReady: () => undefined, shield }));
vi.mock("../src/screens/request/drawn/drawer.ts", () => ({ prepareWorker: () => undefined }));
vi.mock("../src/screens/request/scan/decoder.ts", () => ({ reader: async () => async () => [] }));
vi.mock("../src/screens/request/scan/scanning.ts", async () => {
  const { ref } = await import("vue");
  const [fault, isLive, isTorchOn, hasTorch] = [ref(null), ref(false), ref(false), ref(false)];
  return {
    useScanning: (_video: unknown, onTexts: typeof seen) => {
      seen = onTexts;
      return { fault, isLive, isTorchOn, hasTorch, stop: () => undefined };
    },
  };
});
let seen: (texts: string[]) => Promise<void>;

const ME = {
  account: { name: "林知远", phoneMasked: "138****6027", idType: "resident_id" },
  certificate: { shieldNumber: "MS10720468813", state: "active", holds: [], notAfter: Date.now() + 1e10 },
  renewal: null,
  bindings: [],
};
const STATUS = { isLoggedIn: true, certificatePem: null, scanned: null };
const REQUEST = {
  state: "waiting",
  creditCode: "91330206MA2XB7C1TW",
  remindFrom: 0,
  askedAt: 0,
  expiresAt: 8e12,
  enterprise: "北潮",
};
const IDENTITY = { proofs: [], request: null, secondAccounts: [], phoneChange: null };

beforeEach(() => {
  vi.resetAllMocks();
  shield.status.mockResolvedValue(STATUS);
  shield.me.mockResolvedValue(ME);
  shield.identity.mockResolvedValue(IDENTITY);
  shield.inbox.mockResolvedValue([]);
  shield.asks.mockResolvedValue([]);
  shield.signatures.mockResolvedValue({ items: [] });
  shield.persist.mockResolvedValue(true);
});

const later = <T>() => Promise.withResolvers<T>();
const screen = async (load: Promise<{ default: object }>, address: string, props = {}) =>
  await mounted((await load).default, props, address);
const sheet = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("dialog button")];
const button = (wrapper: VueWrapper, text: string) =>
  wrapper.findAll("button").find((one) => one.text().includes(text))!;

test("after leaving the identity screen, the user isn't led to the pending request", async () => {
  const answer = later<object>();
  shield.identity.mockReturnValue(answer.promise);
  const { wrapper, router } = await screen(import("../src/screens/identity/IdentityScreen.vue"), "/identity");
  await flushPromises();
  wrapper.unmount();
  await router.push("/faq");
  answer.resolve({ ...IDENTITY, request: REQUEST });
  await flushPromises();
  expect(router.currentRoute.value.path).toBe("/faq");
});

test("after leaving the inbox, a link or the camera, the user isn't led to the request being accepted", async () => {
  const taken = later<object>();
  shield.inbox.mockResolvedValue([
    {
      requestId: "r1",
      kind: "login",
      title: "",
      documents: 1,
      requester: { name: "云帆", domain: "y.example" },
    },
  ]);
  shield.openTogether.mockReturnValue(taken.promise);
  shield.scan.mockReturnValue(taken.promise);
  const code = `/q/${"0".repeat(8)}-0000-0000-0000-${"0".repeat(12)}?t=1&c=${"A".repeat(22)}`;
  const inbox = await screen(import("../src/screens/request/InboxScreen.vue"), "/inbox");
  await flushPromises();
  await button(inbox.wrapper, "云帆").trigger("click");
  const link = await screen(import("../src/screens/request/LinkScreen.vue"), code);
  const scan = await screen(import("../src/screens/request/ScanScreen.vue"), "/scan");
  void seen([location.origin + code]);
  await flushPromises();
  for (const { wrapper, router } of [inbox, link, scan]) {
    wrapper.unmount();
    await router.push("/faq");
  }
  taken.resolve({ requestId: "r1" });
  await flushPromises();
  expect(shield.openTogether).toHaveBeenCalledOnce();
  expect(shield.scan).toHaveBeenCalledTimes(2);
  for (const { router } of [inbox, link, scan]) expect(router.currentRoute.value.path).toBe("/faq");
});

test("a refresh in progress doesn't undo a reminder to the legal person", async () => {
  vi.useFakeTimers();
  shield.identity.mockResolvedValueOnce({ ...IDENTITY, request: REQUEST });
  const { wrapper } = await screen(import("../src/screens/identity/WaitScreen.vue"), "/identity/wait");
  await flushPromises();
  const look = later<object>();
  shield.identity.mockReturnValue(look.promise);
  await vi.advanceTimersByTimeAsync(10_000);
  shield.remindLegalPerson.mockResolvedValue({ ...REQUEST, remindFrom: Date.now() + 3_600_000 });
  const remind = wrapper.get<HTMLButtonElement>(".acts-list button");
  await remind.trigger("click");
  await flushPromises();
  look.resolve({ ...IDENTITY, request: REQUEST });
  await flushPromises();
  expect(remind.element.disabled).toBe(true);
  wrapper.unmount();
  vi.useRealTimers();
});

test("an answer from before a number change was stopped doesn't show it again", async () => {
  const { useHomeData } = await import("../src/screens/home/home_data.ts");
  let data!: ReturnType<typeof useHomeData>;
  const { wrapper } = await mounted({ template: "<i />", setup: () => void (data = useHomeData()) });
  const old = later<object>();
  const change = { to: "139****5011" };
  shield.identity.mockReturnValueOnce(old.promise);
  const loading = data.load();
  await flushPromises();
  await data.reloadData();
  old.resolve({ ...IDENTITY, phoneChange: change, secondAccounts: [{ id: "a" }] });
  await loading;
  expect([data.phoneChange.value, data.hasSecond.value]).toEqual([null, false]);
  wrapper.unmount();
});

test("of two other accounts only the selected one is stopped, and its sheet stays until that is done", async () => {
  const stopped = later<void>();
  shield.objectToSecondAccount.mockReturnValue(stopped.promise);
  const accounts = ["a1", "a2"].map((id) => ({
    id,
    canObject: true,
    countsFrom: Date.now(),
    enterprise: null,
  }));
  const { wrapper } = await screen(import("../src/screens/identity/SecondAccounts.vue"), "/", { accounts });
  const [first, second] = wrapper.findAll(".second .btn");
  await first!.trigger("click");
  sheet().at(-1)!.click();
  await flushPromises();
  sheet()[0]!.click();
  await flushPromises();
  expect(document.querySelector("dialog")).not.toBeNull();
  stopped.resolve();
  await flushPromises();
  expect(document.querySelector("dialog")).toBeNull();
  await second!.trigger("click");
  expect(shield.objectToSecondAccount.mock.calls).toEqual([["a1"]]);
  wrapper.unmount();
});

test("a note typed for the next request stays when the answer to the previous one arrives", async () => {
  const { refresh } = await import("../src/engine/phone.ts");
  await refresh();
  const answer = later<void>();
  shield.ask.mockReturnValue(answer.promise);
  const { wrapper } = await screen(import("../src/screens/asks/AsksScreen.vue"), "/asks");
  await flushPromises();
  await wrapper.findAll("input[type=radio]")[0]!.setValue();
  const note = wrapper.get<HTMLInputElement>("input:not([type=radio])");
  await note.setValue("手机坏了");
  await wrapper.get("form").trigger("submit");
  await note.setValue("另一件事");
  answer.resolve();
  await flushPromises();
  expect(note.element.value).toBe("另一件事");
  wrapper.unmount();
});

test("a second press doesn't continue without the answer that the first one waits for", async () => {
  const ways = later<object>();
  shield.identityWays.mockReturnValue(ways.promise);
  shield.idNumberMasked.mockResolvedValue("3302**********4217");
  const props = { me: ME, state: "none" };
  const { wrapper, router } = await screen(
    import("../src/screens/certificate/ApplyFlow.vue"),
    "/apply?type=operator&code=91330206MA2XB7C1TW",
    props,
  );
  await flushPromises();
  await wrapper.findAll("input").at(-1)!.setValue("246802");
  for (let press = 0; press < 2; press++) {
    await wrapper.get("form").trigger("submit");
    await flushPromises();
  }
  expect(wrapper.find("form").exists()).toBe(true);
  ways.resolve({ isProven: false, items: [], countsFrom: null });
  await flushPromises();
  expect(router.currentRoute.value.path).toBe("/identity");
  wrapper.unmount();
});

test("a completed registration takes effect even if the form was left", async () => {
  const { recentConsents, recordConsents } = await import("../src/engine/policies.ts");
  const { rememberedIdNumber } = await import("../src/engine/remembered_person.ts");
  recordConsents({ privacy: "1", agreement: "1", sensitive: "1" });
  const answer = later<object>();
  shield.register.mockReturnValue(answer.promise);
  const { wrapper, router } = await screen(import("../src/screens/account/RegisterScreen.vue"), "/register");
  const fields = wrapper.findAll("input");
  const texts = ["林知远", "330206199001014217", "13800006027", "246802", "Correct-horse-7"];
  for (const [n, text] of texts.entries()) await fields[n]!.setValue(text);
  await wrapper.get("form").trigger("submit");
  await flushPromises();
  expect(shield.register).toHaveBeenCalledOnce();
  wrapper.unmount();
  await router.push("/contact");
  answer.resolve({ isLoggedIn: true, account: "13800006027" });
  await flushPromises();
  expect(router.currentRoute.value.path).toBe("/contact");
  expect([recentConsents(), rememberedIdNumber()]).toEqual([null, "330206199001014217"]);
});
