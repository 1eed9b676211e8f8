// @vitest-environment happy-dom
/** Places where a key is safe: user agents of real browsers, and their abilities. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

import { isScreenClosed, type Place, placeOf, type Surroundings } from "../src/engine/place.ts";
import { routes } from "../src/screens/routes.ts";

const TABLE = JSON.parse(
  readFileSync(resolve(process.cwd(), "../tests/support/in_app_browsers.json"), "utf8"),
) as [string, string][];
const KIT = "AppleWebKit/537.36 (KHTML, like Gecko)";
const APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
const IPHONE = `Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) ${APPLE}`;
const CHROME = `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${KIT} Chrome/143.0.0.0 Mobile Safari/537.36`;
const IPAD = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${APPLE} Version/18.1 Safari/605.1.15`;
const TABS = [
  `${IPHONE} Version/18.1 Mobile/15E148 Safari/604.1`,
  `${IPHONE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1`,
  `${IPHONE} FxiOS/132.0 Mobile/15E148 Safari/605.1.15`,
  `${IPHONE} Version/17.0 EdgiOS/130.0.2849.80 Mobile/15E148 Safari/604.1`,
];
const BROWSERS = [
  CHROME,
  `Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0`,
  `Mozilla/5.0 (Linux; Android 13; SM-S9080) ${KIT} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36`,
  `Mozilla/5.0 (Linux; Android 12; HarmonyOS; ALN-AL00; HMSCore 6.13.0.302) ${KIT} Chrome/114.0.5735.196 HuaweiBrowser/15.0.4.312 Mobile Safari/537.36`,
  `Mozilla/5.0 (Phone; OpenHarmony 5.0) ${KIT} Chrome/114.0 Safari/537.36 ArkWeb/4.1 Mobile`,
  `Mozilla/5.0 (Linux; U; Android 13; zh-cn; 2211133C) ${KIT} Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/18.3.70917`,
  `Mozilla/5.0 (Linux; U; Android 13; zh-cn; V2199A) ${KIT} Version/4.0 Chrome/109.0 MQQBrowser/14.6 Mobile Safari/537.36 COVC/046915`,
  `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${KIT} Chrome/143.0.0.0 Safari/537.36`,
  IPAD, // reports a Mac, since there is no touch screen here
];

function at(userAgent: string, parts: Partial<Surroundings> = {}): Place {
  return placeOf({
    userAgent,
    isInstalled: false,
    touches: 0,
    bridges: [],
    hasDatabase: true,
    hasServiceWorker: true,
    ...parts,
  });
}

test("each browser inside another app is recognised by its user agent", () => {
  for (const [messenger, userAgent] of TABLE) {
    expect(at(userAgent), userAgent).toEqual({ kind: "messenger", messenger });
  }
  expect(new Set(TABLE.map(([name]) => name)).size).toBe(8);
});

test("the phone's own browsers keep a key; on an iPhone or iPad only the home screen app does, not a tab", () => {
  for (const userAgent of BROWSERS) {
    expect(at(userAgent), userAgent).toEqual({ kind: "kept" });
  }
  for (const userAgent of TABS) {
    expect(at(userAgent), userAgent).toEqual({ kind: "appleTab" });
    expect(at(userAgent, { isInstalled: true }).kind).toBe("kept");
  }
  expect(at(IPAD, { touches: 5 }).kind).toBe("appleTab");
  expect(at(`${IPHONE} Mobile/15E148`, { isInstalled: true }).kind).toBe("kept");
});

test("abilities reveal a browser whose user agent hides the app", () => {
  expect(at(CHROME, { bridges: ["AlipayJSBridge"] })).toEqual({ kind: "messenger", messenger: "alipay" });
  expect(at(CHROME, { hasDatabase: false }).kind).toBe("messenger");
  expect(at(TABS[0]!, { hasServiceWorker: false }).kind).toBe("messenger");
});

test("a messenger opens only screens that display, a tab all except those that create a key", () => {
  const flat = routes.filter(({ component }) => component !== undefined);
  const open = (place: Place): string[] =>
    flat.filter(({ meta }) => !isScreenClosed(place, meta ?? {})).map(({ path }) => path);
  const inMessenger = open({ kind: "messenger", messenger: "wechat" });
  expect(inMessenger).toEqual(expect.arrayContaining(["/faq", "/faq/:id", "/me/about", "/place"]));
  for (const path of [
    "/",
    "/welcome",
    "/login",
    "/register",
    "/forgot",
    "/apply",
    "/renew",
    "/scan",
    "/request",
  ]) {
    expect(inMessenger).not.toContain(path);
  }
  const inTab = open({ kind: "appleTab" });
  expect(flat.map(({ path }) => path).filter((path) => !inTab.includes(path))).toEqual(["/apply", "/renew"]);
  expect(open({ kind: "kept" })).toHaveLength(flat.length);
});
