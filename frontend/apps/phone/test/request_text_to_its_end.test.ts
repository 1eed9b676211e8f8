// @vitest-environment happy-dom
/**
 * A document shown as text can be signed once its end was on the screen, or the signature records that it
 * wasn't.
 */

import { DISPLAY_OID, readOptions } from "@mshield/forms";
import type { Scan, Task } from "@mshield/shield";
import { flushPromises, type VueWrapper } from "@vue/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nextTick } from "vue";

const approve = vi.hoisted(() =>
  vi.fn<(pin: string, id: string, choices: { confirmed: Map<string, string> }) => Promise<unknown>>(),
);
const kept = vi.hoisted(() => ({ scanned: null as unknown }));
vi.mock("../src/engine/shield.ts", () => ({ shield: { approve }, getReady: () => undefined }));
vi.mock("../src/engine/phone.ts", async (actual) => ({
  ...(await actual<object>()),
  readStatus: async () => kept,
  refresh: async () => undefined,
}));
vi.mock("../src/screens/request/drawn/drawer.ts", () => ({
  prepareWorker: () => undefined,
  openDrawing: () => ({ opened: new Promise(() => undefined), close: () => undefined }),
}));
vi.mock("../src/engine/pin_entry.ts", async (actual) => ({
  ...(await actual<object>()),
  withPin: async (_: unknown, work: (pin: string) => Promise<unknown>) => await work("246810"),
}));

const { default: RequestScreen } = await import("../src/screens/request/RequestScreen.vue");
const { mounted } = await import("./mounted.ts");

/** The observed elements, each with a function that reports it as visible. */
const watched: { readonly place: Element; readonly tell: () => void }[] = [];
class Observer {
  readonly #tell: (entries: unknown[]) => void;
  constructor(tell: (entries: unknown[]) => void) {
    this.#tell = tell;
  }
  observe(place: Element): void {
    watched.push({ place, tell: () => this.#tell([{ isIntersecting: true, target: place }]) });
  }
  disconnect(): void {}
  unobserve(): void {}
}

function task(sid: string, text: string): Task {
  const content = new TextEncoder().encode(text);
  const signs = {
    format: "cms",
    options: readOptions("cms", { display_oid: DISPLAY_OID }),
    signingTime: null,
  };
  const kind = { mediaType: "text/plain", title: `合同 ${sid}`, purpose: "sign", state: "waiting", uid: "" };
  const rest = { display: [], size: null, view: null, reading: null, drawn: null, isDrawn: true };
  return { sid, content, message: content, ...kind, ...signs, ...rest } as unknown as Task;
}

async function screen(...tasks: Task[]): Promise<VueWrapper> {
  const requester = { name: "单一窗口", domain: "singlewindow.example", pcAddress: null, pcBrowser: null };
  const expiresAt = Date.now() + 600_000;
  kept.scanned = {
    requestId: "1",
    kind: "signature",
    number: "48",
    requester,
    returnUrl: null,
    askedAt: Date.now(),
    expiresAt,
    tasks,
  } as unknown as Scan;
  const { wrapper } = await mounted(RequestScreen, {}, tasks.length > 1 ? "/request?document=1" : "/request");
  await flushPromises();
  return wrapper;
}

const LINES = Array.from({ length: 90 }, (_, n) => `第 ${n + 1} 行`).join("\n");
const foot = (wrapper: VueWrapper): string => wrapper.text();

beforeEach(() => {
  watched.length = 0;
  vi.stubGlobal("IntersectionObserver", Observer);
});
afterEach(() => {
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

test("the button signs only after the end was on the screen", async () => {
  const wrapper = await screen(task("a", LINES));
  expect(foot(wrapper)).toContain("往下看，还有内容没看到");
  expect(foot(wrapper)).not.toContain("输入 PIN 码签名");
  for (const { place, tell } of watched) {
    expect(place.closest(".content")?.textContent).toContain("第 90 行");
    tell();
  }
  await nextTick();
  expect(foot(wrapper)).toContain("输入 PIN 码签名");
  expect(foot(wrapper)).not.toContain("未读完，仍要签署");
});

test("the end of a text in steps is that of the last step; skipping it is recorded with the signature", async () => {
  const wrapper = await screen(task("a", LINES.repeat(40)));
  expect(watched).toHaveLength(0);
  const skip = wrapper.findAll("button").find((one) => one.text().includes("未读完，仍要签署"));
  await skip!.trigger("click");
  expect(foot(wrapper)).toContain("原文没有看完");
  await wrapper
    .findAll("button")
    .find((one) => one.text().includes("输入 PIN 码签名"))!
    .trigger("click");
  await flushPromises();
  const { confirmed } = approve.mock.lastCall![2];
  expect([...confirmed]).toEqual([["a", "unread"]]);
});

test("a text in a batch leads to the next document only after its end", async () => {
  const wrapper = await screen(task("a", LINES), task("b", LINES));
  expect(foot(wrapper)).toContain("往下看，还有内容没看到");
  expect(foot(wrapper)).not.toContain("看下一份");
  watched.forEach(({ tell }) => tell());
  await nextTick();
  expect(foot(wrapper)).toContain("看下一份");
});
