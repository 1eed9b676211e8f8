/**
 * Accounts of outside systems (R2), with a password or at a page of their own; what the phone stores of a
 * login.
 */

import { expect, test } from "vitest";

import { Store } from "../src/index.ts";
import { phone } from "./phone.ts";
import { record } from "./records.ts";
import { dev } from "./service.ts";

const PASSWORD = "the password over there";

test("lists the sources with their kinds and titles", async () => {
  expect(await phone("sources").accountSources()).toEqual([
    { name: "single-window", kind: "password", titleZh: "单一窗口", titleEn: "Single Window" },
    { name: "customs", kind: "page", titleZh: "互联网+海关", titleEn: "Internet+Customs" },
  ]);
});

test("logs in with a password, and forgets the login without the network", async () => {
  const shield = phone("single-window");
  const { id } = await shield.captcha();
  const { answer } = (await dev(`captchas/${id}`)) as { answer: string };
  const before = Date.now();
  const { versions: consents } = await shield.policies();
  const login = { account: "lin", password: PASSWORD, captchaId: id, captcha: answer, consents };
  const owner = { name: "林知远", phoneMasked: "138****6027", idType: "resident_id" };
  expect(await shield.login({ ...login, source: "single-window" })).toEqual(owner);
  const status = await shield.status();
  expect(status).toMatchObject({ account: "lin", owner, isLoggedIn: true });
  expect(status.sessionExpiresAt).toBeGreaterThan(before + 3_600_000);
  const offline = phone("single-window", { network: { fetch: () => Promise.reject(new TypeError()) } });
  await offline.forget();
  expect(await offline.status()).toMatchObject({ account: null, isLoggedIn: false, sessionExpiresAt: null });
  expect((await record("single-window")).deviceKey).toBeDefined();
});

test("logs in at the system's own page; the returned code works once, and for this phone only", async () => {
  const shield = phone("customs");
  const { address, state, expiresIn } = await shield.beginOutsideLogin("customs");
  expect(expiresIn).toBeGreaterThan(60);
  const back = await fetch(address, { redirect: "manual" });
  const query = new URL(back.headers.get("location")!).searchParams;
  expect(query.get("state")).toBe(state);
  const code = query.get("code")!;
  const { versions: consents } = await shield.policies();
  await expect(phone("another").finishOutsideLogin(state, code, consents)).rejects.toMatchObject({
    code: "login_failed",
    faq: "3.4",
  });
  const again = await shield.beginOutsideLogin("customs");
  const second = await fetch(again.address, { redirect: "manual" });
  const { searchParams } = new URL(second.headers.get("location")!);
  const secondCode = searchParams.get("code")!;
  expect(await shield.finishOutsideLogin(again.state, secondCode, consents)).toMatchObject({
    name: "沈若澜",
  });
  expect(await shield.status()).toMatchObject({ account: "138****1111", isLoggedIn: true });
  await shield.logout();
  expect((await new Store("customs").operate(async (vault) => vault.state)).session).toBeNull();
});

test("refuses an unknown source", async () => {
  await expect(phone("unknown").beginOutsideLogin("elsewhere")).rejects.toMatchObject({
    code: "invalid_request",
  });
});
