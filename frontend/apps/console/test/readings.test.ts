// @vitest-environment happy-dom
/** The page of readings: who read what about whom, filtered by member and subject, page by page. */

import { i18n } from "@mshield/desk/i18n.ts";
import { settings } from "@mshield/desk/settings.ts";
import { enableAutoUnmount, flushPromises, mount } from "@vue/test-utils";
import { ElSelect } from "element-plus";
import { createMemoryHistory, createRouter } from "vue-router";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { leave, session } from "../src/engine/session.ts";
import type { Role } from "../src/engine/types.ts";

const GET = vi.fn();
vi.mock("../src/engine/client.ts", () => ({ api: { GET } }));
const { default: ReadingsScreen } = await import("../src/screens/readings/ReadingsScreen.vue");
const { placesFor } = await import("../src/places.ts");

const ACCOUNT = "0199f0c8-3300-7e5d-9a07-c4b2f18d6e21";
const PERSON = "0199f0c8-3300-7e5d-9a07-c4b2f18d6e22";
const MEMBER = { id: "0199f0c8-3300-7e5d-9a07-c4b2f18d6e23", name: "许安然" };
const WAIT_MS = 300;

const reading = (change: object = {}) => ({
  id: "0199f0c8-3300-7e5d-9a07-c4b2f18d6e24",
  staff_id: MEMBER.id,
  staff_name: MEMBER.name,
  kind: "account",
  subject: ACCOUNT,
  subject_name: "林知远",
  number_masked: "",
  at: 1_795_500_000_000,
  ...change,
});
const SEARCH = reading({
  id: "0199f0c8-3300-7e5d-9a07-c4b2f18d6e25",
  staff_id: "commands",
  staff_name: null,
  kind: "certificates",
  subject: "",
  subject_name: null,
  number_masked: "*******6027",
});
const ERASED = reading({ id: "e", kind: "filing", subject: PERSON, subject_name: null });

let pages: object[] = [];
enableAutoUnmount(afterEach);
beforeEach(() => {
  vi.useFakeTimers();
  vi.resetAllMocks();
  leave();
  settings.language = "zh";
  session.roles = ["auditor"];
  pages = [{ items: [reading(), SEARCH, ERASED], next: null }];
  GET.mockImplementation(async (path: string) => ({
    data: path.endsWith("/staff") ? { items: [MEMBER] } : (pages.shift() ?? { items: [], next: null }),
    response: new Response(),
  }));
});
afterEach(() => vi.useRealTimers());

async function shown(address = "/readings") {
  const any = { path: "/:any(.*)*", component: { template: "<i />" } };
  const router = createRouter({ history: createMemoryHistory(), routes: [any] });
  await router.push(address);
  const page = mount(ReadingsScreen, { attachTo: document.body, global: { plugins: [i18n, router] } });
  await flushPromises();
  return { page, router };
}

const queries = (): unknown[] =>
  GET.mock.calls.filter(([path]) => path === "/api/console/readings").map(([, { params }]) => params.query);

const links = async (): Promise<unknown[]> =>
  (await shown()).page.findAll("tbody a").map((link) => link.attributes("href"));
const sees = (role: Role): boolean => placesFor([role]).some(({ path }) => path === "/readings");

test("each line names reader, kind, subject and masked number, in both languages", async () => {
  const { page } = await shown();
  const lines = () => page.findAll("tbody tr").map((row) => row.text());
  expect(lines()[0]).toContain("许安然账号详情林知远");
  expect(lines()[1]).toContain("服务命令查找证书未找到或不止一人*******6027");
  expect(lines()[2]).toContain("许安然查找备案人员0199f0c8…");
  settings.language = "en";
  await flushPromises();
  expect(lines()[0]).toContain("许安然Account林知远");
  expect(lines()[1]).toContain("Commands on the serverSearch for certificatesNo single person*******6027");
});

test("a subject leads to its account only for those who may open it", async () => {
  expect(await links()).toEqual([`/audit?subject=${ACCOUNT}`, `/audit?subject=${PERSON}`]);
  session.roles = ["auditor", "customer_service"];
  pages = [{ items: [reading(), ERASED], next: null }];
  expect(await links()).toEqual([`/accounts/${ACCOUNT}`, `/audit?subject=${PERSON}`]);
});

test("member and subject filter the list together, and stay in the address", async () => {
  const { page, router } = await shown();
  pages = [{ items: [reading()], next: null }];
  await page.find("tbody .acts button").trigger("click");
  await vi.advanceTimersByTimeAsync(WAIT_MS);
  await flushPromises();
  page.findComponent(ElSelect).vm.$emit("update:modelValue", MEMBER.id);
  await flushPromises();
  expect(queries()).toEqual([{}, { subject: ACCOUNT }, { staff_id: MEMBER.id, subject: ACCOUNT }]);
  expect(router.currentRoute.value.query).toEqual({ member: MEMBER.id, subject: ACCOUNT });
  expect(page.text()).toContain("没有符合条件的记录");
});

test("an address with filters opens the filtered list", async () => {
  const { page } = await shown(`/readings?member=commands&subject=${PERSON}`);
  expect(queries()).toEqual([{ staff_id: "commands", subject: PERSON }]);
  expect(page.find<HTMLInputElement>(".search input").element.value).toBe(PERSON);
});

test("words search for people and numbers, and stay out of the address", async () => {
  const { page, router } = await shown();
  for (const words of ["林知远", "尾号 6027", "13812346027", PERSON.toUpperCase()]) {
    await page.find(".search input").setValue(words);
    await vi.advanceTimersByTimeAsync(WAIT_MS);
    await flushPromises();
  }
  expect(queries()).toEqual([
    {},
    { name: "林知远" },
    { end: "6027" },
    { end: "13812346027" },
    { subject: PERSON },
  ]);
  expect(router.currentRoute.value.query).toEqual({ subject: PERSON });
});

test("more people than were searched for are told", async () => {
  pages = [{ items: [reading()], next: null, more_people: true }];
  expect((await shown()).page.find(".note").exists()).toBe(true);
});

test("the next page follows the first, and an empty list says so", async () => {
  pages = [
    { items: [reading()], next: "n1" },
    { items: [SEARCH], next: null },
  ];
  const { page } = await shown();
  await page.find(".more").trigger("click");
  await flushPromises();
  expect(queries()).toEqual([{}, { before: "n1" }]);
  expect(page.findAll("tbody tr")).toHaveLength(2);
  expect(page.find(".more").exists()).toBe(false);
  pages = [];
  expect((await shown()).page.text()).toContain("还没有查阅记录");
});

test("only auditors and security officers see the page", () => {
  expect([sees("auditor"), sees("security_officer")]).toEqual([true, true]);
  expect([sees("customer_service"), sees("filing_officer")]).toEqual([false, false]);
});
