// @vitest-environment happy-dom
/**
 * Texts at the end of a request, for a user at a PC and for one from another app on the phone, who has no PC.
 */

import type { Approval, Scan } from "@mshield/shield";
import { describe, expect, test } from "vitest";

import RequestEnd from "../src/screens/request/confirm/RequestEnd.vue";
import { outcome, outcomeOf } from "../src/screens/request/outcome.ts";
import ResultScreen from "../src/screens/request/ResultScreen.vue";
import { settings } from "../src/settings.ts";
import { mounted } from "./mounted.ts";

const RETURN_URL = "palmcustoms://signed";

function scan(kind: Scan["kind"], returnUrl: string | null): Scan {
  const requester = { name: "掌上海关", domain: "palm.example", pcAddress: null, pcBrowser: null };
  return {
    kind,
    requester,
    returnUrl,
    tasks: [],
    number: "48",
    requestId: "1",
    expiresAt: 0,
  } as unknown as Scan;
}

async function result(
  kind: Scan["kind"],
  returnUrl: string | null,
  returnAddress = returnUrl,
): Promise<string> {
  outcome.value = outcomeOf(
    scan(kind, returnUrl),
    { returnAddress, documents: [] } as unknown as Approval,
    {},
    0,
  );
  const { wrapper } = await mounted(ResultScreen);
  const text = wrapper.text();
  wrapper.unmount();
  return text;
}

async function end(
  ending: "expired" | "not_me",
  returnUrl: string | null,
  more: Partial<Scan> = {},
): Promise<string> {
  const props = { ending, scanned: { ...scan("login", returnUrl), ...more }, returnAddress: null };
  const { wrapper } = await mounted(RequestEnd, props);
  const text = wrapper.text();
  wrapper.unmount();
  return text;
}

describe("an approved request", () => {
  test.for([
    ["login", "zh", "已登录掌上海关，可以在电脑上继续", "已登录掌上海关，可以回到那里继续"],
    ["signature", "zh", "签名已送达掌上海关，可以在电脑上继续", "签名已送达掌上海关，可以回到那里继续"],
    ["login", "en", "Logged in to 掌上海关. Continue on the PC", "Logged in to 掌上海关. Continue there"],
    [
      "signature",
      "en",
      "掌上海关 has the signature. Continue on the PC",
      "掌上海关 has the signature. Continue there",
    ],
  ] as const)("%s, %s: continues where it began", async ([kind, language, atThePc, there]) => {
    settings.language = language;
    try {
      expect(await result(kind, null)).toContain(atThePc);
      expect(await result(kind, RETURN_URL)).toContain(there);
      // It isn't a request from a PC even if the return address can't be opened.
      expect(await result(kind, RETURN_URL, "javascript:alert(1)")).toContain(there);
    } finally {
      settings.language = "zh";
    }
  });
});

describe("a request that ended without a signature", () => {
  test("from a PC leads to a new code", async () => {
    expect(await end("expired", null)).toContain("请在电脑上刷新二维码，再扫一次");
    expect(await end("not_me", null)).toContain("数字不同的，请自己打开掌上海关的页面，刷新二维码再扫");
  });
  test.for(["expired", "not_me"] as const)("from another app mentions no code: %s", async (ending) => {
    const said = await end(ending, RETURN_URL);
    expect(said).toContain("掌上海关重新发起");
    expect(said).not.toMatch(/电脑|二维码|再扫/u);
  });
  test.for(["expired", "not_me"] as const)("from the inbox mentions no code: %s", async (ending) => {
    expect(await end(ending, null, { isFromInbox: true })).not.toMatch(/电脑|二维码|再扫/u);
  });
});
