// @vitest-environment happy-dom
/** Batches: rows, totals and exclusions; and the selection of inbox requests to answer together. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

import { DISPLAY_OID, readOptions } from "@mshield/forms";
import { type InboxRequest, orderOf, type Scan, type Task, type WaitingReadings } from "@mshield/shield";
import { checkedReading } from "@mshield/views";
import { flushPromises } from "@vue/test-utils";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { computed, effectScope, nextTick, reactive, shallowRef } from "vue";

import { useBatch } from "../src/screens/request/batch/batch.ts";
import BatchList from "../src/screens/request/batch/BatchList.vue";
import { asReason, type Choice, useChoice } from "../src/screens/request/batch/choice.ts";
import LeaveOut from "../src/screens/request/batch/LeaveOut.vue";
import { batchPinContext } from "../src/screens/request/batch/pin_context.ts";
import { rowsOf, isCompleteInList } from "../src/screens/request/batch/rows.ts";
import { sumsOf } from "../src/screens/request/batch/sums.ts";
import { words } from "../src/screens/request/batch/words.ts";
import { useAmounts } from "../src/screens/request/inbox/amounts.ts";
import SelectionBar from "../src/screens/request/inbox/SelectionBar.vue";
import RequestRow from "../src/screens/request/inbox/RequestRow.vue";
import { bySystem, documentsIn, useInboxSelection } from "../src/screens/request/inbox/selection.ts";
import { mounted } from "./mounted.ts";

const file = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(resolve(process.cwd(), "../vectors/views/shipped", name)));
const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const REST = {
  uid: "",
  purpose: "sign",
  state: "waiting",
  display: [],
  size: null,
  isDrawn: true,
  drawn: null,
};

/** Returns a task drawn by its view, as the engine stores it. */
function drawn(sid: string, name = "single-window-export", more: Partial<Task> = {}): Task {
  const content = file(`contents/${name}.xml`);
  const view = { id: "v", version: 1, digest: "", octets: file(`${name}.view.json`) };
  const task = {
    ...REST,
    sid,
    title: "出口货物报关单",
    message: content,
    content,
    mediaType: "application/xml",
    view,
  };
  const signs = {
    format: "cms",
    options: readOptions("cms", { display_oid: DISPLAY_OID }),
    signingTime: null,
  } as const;
  const asked = { ...task, ...signs, reading: null, ...more } as Task;
  const reading = checkedReading(orderOf(asked, asked.view!.octets));
  const { compared, comparedDigest } = reading;
  const key = reading.drawn?.lines ?? null;
  return { ...asked, reading: { compared: comparedDigest, isMismatch: compared?.mismatch ?? false, key } };
}

function plain(sid: string, title = "合同"): Task {
  const content = octets("总价 100 元");
  const task = { ...REST, sid, title, message: content, content, mediaType: "text/plain", view: null };
  const reading = { compared: null, isMismatch: false, key: null };
  const options = readOptions("raw", undefined);
  return { ...task, format: "raw", options, signingTime: null, reading } as Task;
}

/** Returns a drawn task with this amount. */
function paying(sid: string, currency: string, number: string): Task {
  const task = drawn(sid);
  const values = [{ currency, name: currency === "USD" ? "美元" : "人民币", number, text: number }];
  const amount = { label: "总价", computed: false, values };
  return { ...task, reading: { ...task.reading!, key: { ...task.reading!.key!, amount } } };
}

function scan(tasks: readonly Task[], parts?: Scan["parts"]): Scan {
  const requester = {
    clientId: "window",
    name: "单一窗口",
    domain: "x.example",
    pcAddress: null,
    pcBrowser: null,
  };
  const times = { askedAt: 0, prolongsBy: null, expiresAt: 0 };
  const one = { requestId: "r", kind: "signature", number: "58", requester, returnUrl: null } as const;
  return { ...one, ...times, isFromInbox: false, tasks, ...(parts ? { parts } : {}) };
}

const choiceOf = (tasks: readonly Task[], parts?: Scan["parts"]): Choice =>
  useChoice(shallowRef<Scan | null>(scan(tasks, parts)));

/** Returns whether the list represents this order completely, with a view that omits `hidden`. */
const isWhole = (content: string): boolean => {
  const view = octets(
    JSON.stringify({
      type: "mshield-view/v1", id: "t/o", version: 1, content: "xml", title: "订单", root: "o",
      amount: { label: "总价", path: "sum", currency: { fixed: "CNY" } },
      body: [{ label: "要点", rows: [
        { label: "号", path: "no", role: "number" },
        { label: "买方", path: "by", role: "party" },
      ] }],
      ignore: ["hidden"],
    }),
  ); // prettier-ignore
  const said = { title: "订单", lines: [] };
  const reading = checkedReading({ kind: "xml", content: octets(content), view, said, signedXml: null });
  return reading.drawn!.lines.isComplete;
};

const say = (key: string, values: Record<string, unknown> = {}): string =>
  Object.entries(values).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, String(value)),
    words.zh[key as "pinAct"],
  );

const waits = (requestId: string, name: string, kind: InboxRequest["kind"] = "signature"): InboxRequest => {
  const requester = { clientId: name, name, domain: `${name}.example`, pcAddress: null, pcBrowser: null };
  return { requestId, kind, title: requestId, documents: 2, requester, askedAt: 0, expiresAt: 0 };
};

// happy-dom's dialog lacks these methods.
beforeAll(() => {
  HTMLDialogElement.prototype.showModal ??= vi.fn<() => void>();
  HTMLDialogElement.prototype.close ??= vi.fn<() => void>();
});

describe("the totals", () => {
  test("are exact, one per currency, in order of occurrence", () => {
    const tasks = [paying("1", "USD", "0.10"), paying("2", "CNY", "7"), paying("3", "USD", "0.2")];
    expect(sumsOf(tasks).lines.map(({ text }) => text)).toEqual(["美元 0.30", "人民币 7"]);
    const many = Array.from({ length: 64 }, (_, n) => paying(`${n}`, "USD", "99999999999999999999.01"));
    expect(sumsOf(many).lines[0]!.number).toBe("6,399,999,999,999,999,999,936.64");
    expect(sumsOf([paying("1", "CNY", "-5.5"), paying("2", "CNY", "5.50")]).lines[0]!.number).toBe("0.00");
  });
  test("count the documents without an amount", () => {
    expect(sumsOf([paying("1", "USD", "5"), plain("2"), plain("3")])).toMatchObject({ without: 2 });
    expect(sumsOf([plain("1")])).toEqual({ lines: [], without: 1 });
  });
});

describe("a document in the list", () => {
  test("shows number, party and amount of its content, and needn't be opened", () => {
    const task = drawn("1");
    expect(isCompleteInList(task)).toBe(task.reading!.key!.isComplete);
    const [row, other] = rowsOf([task, drawn("2")]);
    expect(row).toMatchObject({ name: task.reading!.key!.list.number, amount: "美元 186,000.00" });
    expect(row!.more).toBe(task.reading!.key!.list.party);
    expect(other!.name).toBe(row!.name);
  });
  test("must be opened if its content is incomplete, contradictory or needs a second confirmation", () => {
    const task = drawn("1");
    const key = { ...task.reading!.key!, isComplete: true };
    const having = (more: object, alarm: object = {}): boolean =>
      isCompleteInList({ ...task, reading: { ...task.reading!, ...alarm, key: { ...key, ...more } } });
    expect(having({})).toBe(true);
    expect(having({ isComplete: false })).toBe(false);
    expect(having({ isAtOdds: true })).toBe(false);
    expect(having({}, { isMismatch: true })).toBe(false);
    expect(isCompleteInList(plain("1"))).toBe(false);
  });
  test("needn't be opened only if its view omits nothing, except XML comments", () => {
    const whole = "<no>D7</no><by>云帆</by><sum>5.00</sum>";
    expect(isWhole(`<o>${whole}</o>`)).toBe(true);
    expect(isWhole(`<o>${whole}<more>还有</more></o>`)).toBe(false);
    expect(isWhole(`<o>${whole}<hidden>还有</hidden></o>`)).toBe(false);
  });
});

describe("the documents to review", () => {
  test("are those to sign that the list doesn't fully show, once each, and those with something to confirm", () => {
    const known = { ...drawn("1") };
    const key = { ...known.reading!.key!, isComplete: true };
    const listed = { ...known, reading: { ...known.reading!, key } };
    const tasks = [listed, plain("2"), plain("3"), { ...listed, sid: "4" }];
    const [seen, open] = [reactive(new Set<number>()), shallowRef(new Set<Task>([tasks[3]!]))];
    const choice = choiceOf(tasks);
    const batch = useBatch(
      computed(() => tasks),
      choice,
      seen,
      computed(() => open.value),
    );
    expect(batch.unseen.value).toBe(3);
    expect(batch.nextAfter(0)).toBe(1);
    seen.add(1);
    seen.add(3);
    expect([batch.unseen.value, batch.nextAfter(3)]).toEqual([2, 2]);
    choice.leaveOut(tasks[2]!, "重复");
    expect(batch.nextAfter(3)).toBe(3);
    open.value = new Set();
    expect([batch.unseen.value, batch.nextAfter(0)]).toEqual([0, null]);
  });
});

describe("excluding a document", () => {
  test("is refused for the last one, and can be undone", () => {
    const tasks = [plain("1"), plain("2")];
    const choice = choiceOf(tasks);
    choice.leaveOut(tasks[0]!, "金额不对");
    choice.leaveOut(tasks[1]!, "金额不对");
    expect([...choice.excluded]).toEqual([["1", "金额不对"]]);
    expect(choice.mayLeaveOut(tasks[1]!)).toBe(false);
    choice.keep(tasks[0]!);
    expect(choice.kept.value).toHaveLength(2);
  });
  test("that is a whole request leaves it in the inbox, without a reason", () => {
    const tasks = [plain("1"), plain("2"), plain("3")];
    const choice = choiceOf(tasks, [
      { requestId: "a", sids: ["1"] },
      { requestId: "b", sids: ["2", "3"] },
    ]);
    expect(tasks.map((task) => choice.isWholeRequest(task))).toEqual([true, false, false]);
    expect(choiceOf([plain("1")]).isWholeRequest(plain("1"))).toBe(false);
  });
  test("requires a reason of one printable line", () => {
    expect(asReason("  单价\n写错了 ")).toBe("单价 写错了");
    expect([" ", "字".repeat(201), "反\u202e写", "响\u0007"].map(asReason)).toEqual([null, null, null, null]);
    expect(asReason("字".repeat(200))).toHaveLength(200);
  });
  test("asks for the reason: one of three, or free text", async () => {
    const tasks = [drawn("1"), drawn("2")];
    const { wrapper } = await mounted(LeaveOut, { task: tasks[1], tasks, system: "单一窗口" });
    const sheet = document.querySelector("dialog")!;
    const [go, ...radios] = [sheet.querySelector("button")!, ...sheet.querySelectorAll("input")];
    expect(sheet.textContent).toContain("美元 186,000.00");
    expect(go.disabled).toBe(true);
    radios[3]!.click();
    await nextTick();
    const own = sheet.querySelector<HTMLInputElement>("input[type=text]")!;
    own.value = "\u202e";
    own.dispatchEvent(new Event("input"));
    await nextTick();
    expect(sheet.textContent).toContain("请写一句话");
    radios[0]!.click();
    await nextTick();
    sheet.querySelector("form")!.dispatchEvent(new Event("submit"));
    expect(wrapper.emitted("leave")).toEqual([["金额不对"]]);
    wrapper.unmount();
  });
});

test("the PIN sheet repeats number, totals and exclusions", () => {
  const tasks = [
    paying("1", "USD", "186000.00"),
    paying("2", "CNY", "5"),
    paying("3", "USD", "1"),
    plain("4", "附件"),
  ];
  const choice = choiceOf(tasks);
  choice.leaveOut(tasks[2]!, "重复");
  const { act, detail } = batchPinContext(tasks, choice, "单一窗口", say);
  expect(act).toBe("签署 3 份文件");
  expect(detail.split("\n")).toEqual([
    "单一窗口",
    "美元 186,000.00 · 人民币 5 · 1 份没有读出金额",
    "不签 1 份：出口货物报关单",
  ]);
  const far = batchPinContext(
    tasks,
    choice,
    "单一窗口",
    say,
    (task) => task === tasks[0] || task === tasks[2],
  );
  expect(far.detail.split("\n")[2]).toBe("比平时高很多：出口货物报关单");
  expect(far.detail.split("\n")).toHaveLength(4);
});

test("each row has a checkbox and a link, and shows the reason of an exclusion", async () => {
  const tasks = [drawn("1"), drawn("2"), drawn("3")];
  const choice = choiceOf(tasks);
  choice.leaveOut(tasks[1]!, "单价写错了");
  const isFarAbove = (task: Task): boolean => task === tasks[2];
  const props = { tasks, choice, reviewed: new Set([0]), seen: new Set([0]), isLocked: false, isFarAbove };
  const { wrapper } = await mounted(BatchList, props);
  const rows = wrapper.findAll("li");
  expect(rows.map((row) => row.get("input").element.checked)).toEqual([true, false, true]);
  expect(rows[0]!.text()).toContain("看过");
  expect(rows[1]!.text()).toContain("这次不签：单价写错了");
  expect(rows[2]!.text()).toContain("要先看");
  expect(rows.map((row) => row.text().includes("比平时高很多"))).toEqual([false, false, true]);
  await rows[2]!.get("input").trigger("click");
  expect(wrapper.emitted("leaveOut")).toEqual([[tasks[2]]]);
  await rows[1]!.get("input").trigger("click");
  expect(choice.kept.value).toHaveLength(3);
  await wrapper.setProps({ isLocked: true });
  expect(wrapper.findAll("input:disabled")).toHaveLength(3);
  wrapper.unmount();
});

describe("the inbox", () => {
  const all = [waits("1", "甲"), waits("2", "乙"), waits("3", "甲"), waits("4", "甲", "login")];

  test("is grouped by systems; a login is answered alone", () => {
    const [first, second] = bySystem(all);
    expect(first!.requests.map(({ requestId }) => requestId)).toEqual(["1", "3", "4"]);
    expect(first!.choosable.map(({ requestId }) => requestId)).toEqual(["1", "3"]);
    expect(second!.name).toBe("乙");
  });
  test("allows a selection within one system, and drops requests that are gone", () => {
    const waiting = shallowRef<readonly InboxRequest[]>(all);
    const chosen = useInboxSelection(computed(() => waiting.value));
    const ids = (): string[] => chosen.list.value.map(({ requestId }) => requestId);
    chosen.toggle(all[2]!);
    chosen.toggle(all[0]!);
    expect(ids()).toEqual(["1", "3"]);
    expect(documentsIn(chosen.list.value)).toBe(4);
    chosen.toggle(all[1]!);
    expect(ids()).toEqual(["2"]);
    chosen.chooseAll([all[0]!, all[2]!]);
    waiting.value = all.slice(1);
    expect(ids()).toEqual(["3"]);
    chosen.toggle(all[2]!);
    expect(ids()).toEqual([]);
  });

  test("reads the totals of its requests one after the other, once each, without logins", async () => {
    const waiting = shallowRef<readonly InboxRequest[]>(all);
    const busy = shallowRef(true);
    const asked: string[] = [];
    const answers: Record<string, () => WaitingReadings | "later" | null> = {
      1: () => ({ documents: [paying("a", "USD", "186000.00"), paying("b", "CNY", "5")], octets: 9 }),
      2: () => "later",
      3: () => ({ documents: [paying("c", "USD", "0.50")], octets: 9 }),
    };
    const scope = effectScope();
    const amounts = scope.run(() =>
      useAmounts(
        computed(() => waiting.value),
        () => busy.value,
        async ({ requestId }) => (asked.push(requestId), answers[requestId]!()),
      ),
    )!;
    await flushPromises();
    expect([asked, amounts.of(all[0]!)]).toEqual([[], null]);
    busy.value = false;
    await flushPromises();
    // A request that failed in the network is read again with the next list, then the following ones.
    expect(asked).toEqual(["1", "2"]);
    expect(amounts.sums([all[0]!, all[2]!]).open).toBe(true);
    answers[2] = () => ({ documents: [], octets: 9 * 1024 * 1024 });
    waiting.value = all.map((request) => ({ ...request }));
    await flushPromises();
    expect(asked).toEqual(["1", "2", "2"]);
    expect(amounts.of(all[0]!)!.lines.map(({ text }) => text)).toEqual(["美元 186,000.00", "人民币 5"]);
    // Content beyond the list's limit isn't loaded, and counts as without an amount.
    expect(amounts.sums([all[0]!, all[2]!])).toMatchObject({ open: false, without: 2 });
    expect(amounts.of(all[2]!)).toMatchObject({ lines: [], documents: [] });
    scope.stop();
  });
  test("skips unreadable requests, and retries them with the next lists a limited number of times", async () => {
    const waiting = shallowRef<readonly InboxRequest[]>(all);
    const asked: string[] = [];
    const scope = effectScope();
    const amounts = scope.run(() =>
      useAmounts(
        computed(() => waiting.value),
        () => false,
        async ({ requestId }) => {
          asked.push(requestId);
          return requestId === "1" ? null : { documents: [paying("c", "USD", "0.50")], octets: 9 };
        },
      ),
    )!;
    await flushPromises();
    expect(asked).toEqual(["1", "2", "3"]);
    expect(amounts.of(all[0]!)).toBeNull();
    for (const _ of [1, 2, 3]) {
      waiting.value = all.map((request) => ({ ...request }));
      await flushPromises();
    }
    expect(asked).toEqual(["1", "2", "3", "1", "1"]);
    expect(amounts.of(all[0]!)).toMatchObject({ lines: [], without: 2 });
    scope.stop();
  });
  test("shows the content's own name, number and amount, and a total for a partly read request", async () => {
    const documents = [drawn("1")];
    const row = { title: "改过的名字", count: 1, sums: { ...sumsOf(documents), documents }, documents };
    const { wrapper } = await mounted(RequestRow, row);
    const { title, list } = documents[0]!.reading!.key!;
    expect(wrapper.get(".g b").text()).toBe(title);
    expect(wrapper.text()).toContain(list.number);
    expect(wrapper.get(".sum-of").text()).toBe("美元 186,000.00");
    await wrapper.setProps({ count: 3, sums: { ...sumsOf(documents), without: 2 } });
    expect(wrapper.get(".sum-of").text()).toBe("美元 186,000.00另有 2 份没有读出金额");
    await wrapper.setProps({ count: 1, sums: { lines: [], without: 1 } });
    expect(wrapper.get(".sum-of").text()).toBe("无金额");
    await wrapper.setProps({ documents: [] });
    expect(wrapper.get(".sum-of").text()).toBe("");
    wrapper.unmount();
  });
  test("adds up the selected requests, once all are read", async () => {
    const sums = { ...sumsOf([paying("1", "USD", "1.00"), paying("2", "CNY", "2"), plain("3")]), open: true };
    const { wrapper } = await mounted(SelectionBar, { chosen: all.slice(0, 2), sums, busy: false });
    const status = wrapper.get("[role=status]");
    expect(status.text()).toContain("正在读金额");
    expect(status.text()).not.toContain("美元");
    await wrapper.setProps({ sums: { ...sums, open: false } });
    expect(status.text()).toContain("美元 1.00 · 人民币 2 · 另有 1 份没有读出金额");
    wrapper.unmount();
  });
});
