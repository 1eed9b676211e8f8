// @vitest-environment happy-dom
/**
 * Display of a document before it is signed: the content first, the business system's description last and
 * marked.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

import { DISPLAY_OID, readOptions } from "@mshield/forms";
import { orderOf, type Task } from "@mshield/shield";
import { checkedReading } from "@mshield/views";
import { type DOMWrapper, flushPromises, mount, type VueWrapper } from "@vue/test-utils";
import { describe, expect, test, vi } from "vitest";
import { shallowRef } from "vue";

import DocumentView from "../src/screens/request/confirm/DocumentView.vue";
import { type Alarms, useAlarms } from "../src/screens/request/drawn/alarms.ts";
import { i18n } from "../src/words/i18n.ts";

// Draws in this thread instead of a worker.
vi.mock("../src/screens/request/drawn/drawer.ts", async () => {
  const { Drawing } = await import("../src/screens/request/drawn/drawing.ts");
  const open = async (task: Task): Promise<object> => {
    const drawing = new Drawing(orderOf(task, task.view?.octets ?? null));
    return { ...drawing.head, more: async (wanted: never) => drawing.more(wanted) };
  };
  return { openDrawing: (task: Task) => ({ opened: open(task), close: () => null }) };
});

const SHIPPED = "../vectors/views/shipped";
const file = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(resolve(process.cwd(), SHIPPED, name)));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const TASK: Task = {
  sid: "00",
  uid: "00",
  purpose: "sign",
  state: "open",
  message: bytes("<a><b>1</b></a>"),
  mediaType: "application/xml",
  title: "报关单",
  display: [{ label: "总价", value: "126000.00 欧元" }],
  format: "cms",
  options: readOptions("cms", { display_oid: DISPLAY_OID }),
  signingTime: null,
  content: bytes("<a><b>1</b></a>"),
  size: null,
  isDrawn: false,
  view: null,
  drawn: null,
  reading: null,
};

/** Returns the task as the engine stores it. */
function asked(more: Partial<Task> = {}): Task {
  const task = { ...TASK, ...more };
  const reading = checkedReading(orderOf(task, task.view?.octets ?? null));
  const { compared, comparedDigest, drawn } = reading;
  const isMismatch = compared?.mismatch ?? false;
  return { ...task, reading: { compared: comparedDigest, isMismatch, key: drawn?.lines ?? null } };
}

function alarmsOf(task: Task): Alarms {
  const requester = {
    clientId: "window",
    name: "单一窗口",
    domain: "x.example",
    pcAddress: null,
    pcBrowser: null,
  };
  const times = { askedAt: 0, prolongsBy: null, expiresAt: 0 };
  const scan = {
    requestId: "r",
    kind: "signature",
    number: "58",
    requester,
    returnUrl: null,
    isFromInbox: false,
    ...times,
  } as const;
  return useAlarms(shallowRef({ ...scan, tasks: [task] }));
}

async function show(more: Partial<Task> = {}): Promise<VueWrapper> {
  const task = asked(more);
  const alarm = alarmsOf(task).of(task);
  const shown = mount(DocumentView, {
    props: { task, system: "单一窗口", alarm, reading: null },
    global: { plugins: [i18n] },
  });
  await flushPromises();
  return shown;
}

const drawnBy = (name: string, content: Uint8Array, display: Task["display"]): Partial<Task> => ({
  content,
  display,
  title: "请签",
  view: { id: "v", version: 1, digest: "", octets: file(`${name}.view.json`) },
});

describe("a document without a view", () => {
  test("shows its content at once, and the requester's description last and small, with marks on what the content doesn't say", async () => {
    const shown = await show();
    expect(shown.get(".content").text()).toContain("<b>1</b>");
    expect(shown.find(".amt").exists()).toBe(false);
    expect(shown.get(".theirs").text()).toContain("来自对方的说明，未核对");
    expect(shown.get(".theirs mark.absent").text()).toContain("126000.00 欧元");
    expect(shown.find(".elsewhere").exists()).toBe(false);
    expect(shown.html().indexOf("theirs")).toBeGreaterThan(shown.html().indexOf("content-shown"));
    expect(shown.get(".alarm").text()).toContain("对方说明与原文不一致");
  });
  test("has no alarm if the description agrees with the content", async () => {
    const shown = await show({ display: [{ label: "b", value: "1" }], title: "1" });
    expect(shown.find(".alarm").exists()).toBe(false);
    expect(shown.find("mark").exists()).toBe(false);
  });
  test("is extended in steps if it is long", async () => {
    const content = bytes(Array.from({ length: 450 }, (_, n) => `行 ${n}`).join("\n"));
    const shown = await show({ content, mediaType: "text/plain", display: [] });
    expect(shown.findAll(".content p")).toHaveLength(200);
    expect(shown.get(".more-lines").text()).toBe("再显示 200 行（共 450 行）");
    await shown.get(".more-lines").trigger("click");
    await shown.get(".more-lines").trigger("click");
    expect(shown.findAll(".content p")).toHaveLength(450);
    expect(shown.find(".more-lines").exists()).toBe(false);
  });
  test("is shown as plain text, whatever it contains", async () => {
    const value = '<img src=x onerror="alert(1)">';
    const shown = await show({
      content: bytes(value),
      mediaType: "text/plain",
      display: [{ label: value, value: " 1 项 \u202Emoc" }],
      format: "raw",
    });
    expect(shown.find("img").exists()).toBe(false);
    expect(shown.get(".theirs").text()).toContain(value);
    expect(shown.get(".theirs dd").text()).toMatch(/^\[U\+0020\]1.* .*\[U\+202E\]moc/);
  });
  test("of an unreadable type shows type, size, digest and an alarm", async () => {
    const archive = { content: new Uint8Array(2048), mediaType: "application/zip" };
    const shown = await show(archive);
    expect(shown.text()).toContain("application/zip");
    expect(shown.text()).toContain("2.0 KB");
    await shown.get(".print button.mono").trigger("click");
    expect(shown.get(".whole").text()).toMatch(/^([0-9A-F]{4} ){15}[0-9A-F]{4}$/);
    expect(shown.get(".elsewhere").text()).toContain("用其他应用打开看");
    const task = asked(archive);
    const alarms = alarmsOf(task);
    alarms.note(task, "other");
    expect(alarms.of(task)).toBe("other");
    expect(alarms.open.value).toEqual([task]);
    alarms.confirm(task);
    expect(alarms.open.value).toEqual([]);
    expect(alarms.confirmed()).toEqual(new Map([[task.sid, "unread"]]));
  });
  test("whose content is absent says so first", async () => {
    const shown = await show({
      content: null,
      format: "cms_detached",
      size: 9,
      message: new Uint8Array(150),
    });
    expect(shown.get(".alarm").text()).toContain("原文不在这部手机上");
  });
});

describe("a document with a view", () => {
  test("is drawn with a large amount, all goods, totals and unlisted content; the content itself on request", async () => {
    const shown = await show(drawnBy("declaration", file("contents/declaration.xml"), []));
    expect(shown.get(".amt").text()).toMatch(/^欧元[0-9,.]+$/);
    expect(shown.findAll(".goods tbody").length).toBeGreaterThan(1);
    expect(shown.get(".src").text()).toBe("本机从原文读出");
    expect(shown.find(".content").exists()).toBe(false);
    await shown.get(".head button").trigger("click");
    expect(shown.find(".content").exists()).toBe(true);
    expect(shown.get(".theirs mark.absent").text()).toContain("请签");
  });
  test("whose view isn't proven is shown without it, and needs a second confirmation", async () => {
    const more = drawnBy("declaration", file("contents/declaration.xml"), []);
    const shown = await show({ ...more, view: { ...more.view!, isUnproven: true } });
    expect(shown.get(".alarm").text()).toContain("展示规则没有登记的证明");
    expect(shown.find(".drawn").exists()).toBe(false);
    expect(shown.get(".content").text()).toContain("<");
    const task = asked({ ...more, view: { ...more.view!, isUnproven: true } });
    const alarms = alarmsOf(task);
    expect(alarms.of(task)).toBe("unproven");
    alarms.confirm(task);
    expect(alarms.confirmed()).toEqual(new Map([[task.sid, "mismatch"]]));
  });
  test("marks an amount far above the usual", async () => {
    const task = asked(drawnBy("declaration", file("contents/declaration.xml"), []));
    const props = { task, system: "单一窗口", alarm: null, reading: null };
    const shown = mount(DocumentView, { props, global: { plugins: [i18n] } });
    await flushPromises();
    expect(shown.get(".amounts").text()).not.toContain("比平时高很多");
    await shown.setProps({ isFarAbove: true });
    expect(shown.get(".amounts").text()).toContain("比平时高很多");
  });
  test("shows a differing description beside the content", async () => {
    const shown = await show(
      drawnBy("declaration", file("contents/declaration.xml"), [{ label: "申报总价", value: "欧元 1.00" }]),
    );
    const cells = shown
      .findAll(".diff tbody tr")
      .map((row) => row.findAll("td, th").map((cell) => cell.text()));
    expect(cells.at(-1)).toEqual(["申报总价", "欧元 1.00", expect.stringMatching(/^欧元 [0-9,.]{6,}$/)]);
  });
  test("shows five goods, then all while scrolling", async () => {
    const text = new TextDecoder().decode(file("contents/contract.json"));
    const content = JSON.parse(text) as { goods?: object[] };
    const [name] = Object.entries(content).find(([, value]) => Array.isArray(value))!;
    const items = (content as Record<string, object[]>)[name]!;
    const many = { ...content, [name]: Array.from({ length: 120 }, (_, n) => items[n % items.length]) };
    const shown = await show(drawnBy("contract", bytes(JSON.stringify(many)), []));
    const goods = (): DOMWrapper<Element> =>
      shown.findAll(".goods-frame").find((frame) => frame.find(".all").exists())!;
    expect(goods().findAll("tbody")).toHaveLength(5);
    await goods().get(".all").trigger("click");
    expect(goods().findAll("tbody")).toHaveLength(50);
    expect(goods().get(".all").text()).toBe("再显示 50 项（共 120 项）");
    await goods().get(".all").trigger("click");
    await flushPromises();
    expect(goods().findAll("tbody")).toHaveLength(100);
    expect(shown.get(".check.odd").text()).toContain("不一致");
    expect(shown.get(".alarm").text()).toBeTruthy();
  });
});

describe("a request of the service itself", () => {
  const said = {
    title: "同意：另一个账号也是我本人",
    lines: [{ label: "新账号手机号", value: "136****4321" }],
  };
  const content = (more: object = {}): Uint8Array =>
    bytes(
      JSON.stringify({
        type: "mshield-consent/v1",
        account: "a",
        record: "r",
        shown: said,
        issued_at: 1,
        nonce: "n",
        ...more,
      }),
    );
  const own = { content: content(), mediaType: "application/json", title: said.title, display: said.lines };

  async function showOwn(more: Partial<Task> = {}, isOwn = true): Promise<VueWrapper> {
    const task = asked({ ...own, ...more });
    const shown = mount(DocumentView, {
      props: { task, system: "三证合一", alarm: alarmsOf(task).of(task), reading: null, isOwn },
      global: { plugins: [i18n] },
    });
    await flushPromises();
    return shown;
  }

  test("is drawn from the signed words without repeating them, with the content on request", async () => {
    const shown = await showOwn();
    expect(shown.get(".own").text()).toContain("新账号手机号136****4321");
    expect(shown.find(".theirs").exists()).toBe(false);
    expect(shown.find(".content").exists()).toBe(false);
    await shown.get(".content-shown .lk").trigger("click");
    expect(shown.get(".content").text()).toContain('"account": "a"');
  });
  test.for([
    ["another asks the same", {}, false],
    ["the content has more", { content: content({ also: "1" }) }, true],
    ["the request says something else", { display: [{ label: "新账号手机号", value: "137****0000" }] }, true],
    ["or another title", { title: "同意" }, true],
  ] as const)("is shown as plain content if %s", async ([, more, isOwn]) => {
    const shown = await showOwn(more, isOwn);
    expect(shown.find(".own").exists()).toBe(false);
    expect(shown.get(".content").text()).toContain('"account": "a"');
    expect(shown.find(".theirs").exists()).toBe(true);
  });
});
