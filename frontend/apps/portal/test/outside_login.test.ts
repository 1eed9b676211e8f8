// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nextTick } from "vue";

import { continueLogin, openLoginPage, readReturn } from "../src/engine/outside_login.ts";

const PAGE = "https://login.example.cn/authorize?state=s-1";
const BEGUN = { login_id: "l1", phone_masked: "139****5011", expires_in: 300, resend_in: 60 };
const REFUSED = {
  code: "login_failed",
  zh: "账号或密码不正确",
  en: "Wrong account or password",
  status: 401,
};
const opened = vi.fn();
/** Calls to the service, and its answer at the return. */
const sent: [string, unknown][] = [];
let refuses = false;

beforeEach(async () => {
  sent.length = 0;
  refuses = false;
  vi.stubGlobal("location", { ...location, origin: "https://shield.example", assign: opened });
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    sent.push([pathname, await request.json()]);
    if (pathname.endsWith("/outside-logins")) {
      return Response.json({ address: PAGE, state: "s-1", expires_in: 600 }, { status: 201 });
    }
    return refuses ? Response.json(REFUSED, { status: 401 }) : Response.json(BEGUN, { status: 201 });
  });
  await openLoginPage("customs", "/shields/MS10720468813");
});
afterEach(() => vi.unstubAllGlobals());

test("the browser opens the system's page, and the wanted page is stored here", () => {
  expect(sent).toEqual([["/api/portal/outside-logins", { source: "customs" }]]);
  expect(opened).toHaveBeenLastCalledWith(PAGE);
  expect(readReturn({ state: "s-1", code: "c" })).toEqual({
    state: "s-1",
    code: "c",
    next: "/shields/MS10720468813",
    isOurs: true,
  });
});

test("a return that began elsewhere can't choose the next page", () => {
  expect(readReturn({ state: "s-2", code: "c" }).next).toBe("/");
});

test("sends the returned values, and an SMS code is on its way", async () => {
  const begun = await continueLogin(readReturn({ state: "s-1", code: "c" }), "key");
  expect(sent.at(-1)).toEqual(["/api/portal/outside-logins/finish", { state: "s-1", code: "c" }]);
  expect(begun).toEqual({ loginId: "l1", phone: "139****5011", resendIn: 60 });
  await nextTick();
  expect(localStorage.getItem("mshield-portal-outside-login")).toBeNull();
});

test("each attempt uses the given key", async () => {
  const keys: (string | null)[] = [];
  const answer = globalThis.fetch;
  vi.stubGlobal("fetch", async (request: Request) => {
    keys.push(request.headers.get("Idempotency-Key"));
    return answer(request);
  });
  const returned = readReturn({ state: "s-1", code: "c" });
  for (const key of ["one", "one", "two"]) await continueLogin(returned, key);
  expect(keys).toEqual(["one", "one", "two"]);
});

test("reports a refusal", async () => {
  refuses = true;
  await expect(continueLogin(readReturn({ state: "s-1", code: "c" }), "key")).rejects.toMatchObject({
    code: "login_failed",
  });
});
