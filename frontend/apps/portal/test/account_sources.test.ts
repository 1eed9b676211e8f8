// @vitest-environment happy-dom
import SourceChoice from "@mshield/look/vue/SourceChoice.vue";
import { makeWords } from "@mshield/look/vue/words.ts";
import { mount } from "@vue/test-utils";
import { beforeEach, expect, test, vi } from "vitest";
import { nextTick } from "vue";

import { sourceTitle, usePortalSources } from "../src/engine/account_sources.ts";
import { begin, newCaptcha } from "../src/engine/login.ts";

const SINGLE_WINDOW = {
  name: "single-window",
  kind: "password",
  title_zh: "单一窗口",
  title_en: "Single Window",
};
const CUSTOMS = { name: "customs", kind: "page", title_zh: "互联网+海关", title_en: "Internet+Customs" };
const BEGUN = { login_id: "l1", phone_masked: "139****5011", expires_in: 300, resend_in: 60 };
const WORK = { algorithm: "PBKDF2/SHA-256", cost: 1, keyLength: 32, keyPrefix: "0", nonce: "00", salt: "00" };
const CAPTCHA = {
  captcha_id: "c1",
  image_b64: "",
  challenge: { parameters: WORK, signature: "00" },
  expires_in: 120,
};
const CREDENTIALS = { account: " gu ", password: "p", captchaId: "c1", captcha: "ABCD" };

/** Bodies sent to the service. */
const sent: unknown[] = [];
let listed: unknown[] = [];

beforeEach(() => {
  localStorage.clear();
  sent.length = 0;
  listed = [SINGLE_WINDOW, CUSTOMS];
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.url.endsWith("/captchas")) return Response.json(CAPTCHA, { status: 201 });
    if (request.method === "GET") return Response.json({ items: listed });
    sent.push(await request.json());
    return Response.json(BEGUN, { status: 201 });
  });
});

test("offers sources with a password and those with a page", async () => {
  const { sources, chosen, load } = usePortalSources();
  expect(sources.value).toEqual([]);
  await load();
  expect(sources.value.map(sourceTitle)).toEqual(["单一窗口", "互联网+海关"]);
  expect(chosen.value).toBeNull();
});

test("remembers the choice while that system exists", async () => {
  const first = usePortalSources();
  await first.load();
  first.choose(first.sources.value[1]!);
  await nextTick();
  const second = usePortalSources();
  await second.load();
  expect(second.chosen.value?.name).toBe("customs");
  listed = [SINGLE_WINDOW];
  const third = usePortalSources();
  await third.load();
  expect(third.chosen.value).toBeNull();
});

test("the login names the system, and none for an account of this service", async () => {
  await newCaptcha();
  await begin({ ...CREDENTIALS, source: "single-window" });
  await begin({ ...CREDENTIALS, source: null });
  const own = { account: "gu", password: "p", captcha_id: "c1", captcha: "ABCD", work: expect.any(String) };
  expect(sent).toEqual([{ ...own, source: "single-window" }, own]);
});

test("the choice is a named group of radio buttons, one of them checked", async () => {
  const source = { name: "single-window", kind: "password", titleZh: "单一窗口", titleEn: "Single Window" };
  const plugins = [makeWords(() => "en", { zh: {}, en: {} })];
  const props = { sources: [source], chosen: null, language: "en" } as const;
  const choice = mount(SourceChoice, { props: props as never, global: { plugins } });
  expect(choice.get("fieldset > legend").text()).toBe("Account source");
  expect(choice.findAll("label").map((label) => label.text())).toEqual(["Mobile Shield", "Single Window"]);
  const [own, theirs] = choice.findAll<HTMLInputElement>("input[type=radio]");
  expect([own!.element.checked, theirs!.element.checked]).toEqual([true, false]);
  expect(own!.element.name).toBe(theirs!.element.name);
  await theirs!.trigger("change");
  expect(choice.emitted("choose")).toEqual([[source]]);
});
