// @vitest-environment happy-dom
/** Texts and addresses from outside: their classification, and the handling of each scanned code. */

import { NetworkError, ProblemError, type Scan } from "@mshield/shield";
import { describe, expect, test } from "vitest";

import { browserName } from "@mshield/look/vue/browser_name.ts";
import { endingOf } from "../src/screens/request/confirm/ending.ts";
import { linkOf } from "../src/screens/request/link.ts";
import { returnAddress } from "../src/screens/request/return_address.ts";
import { type Code, readCode, readTyped } from "../src/screens/request/scan/code.ts";
import { platformOf } from "../src/screens/request/scan/platform.ts";
import { CodeHandler } from "../src/screens/request/scan/code_handler.ts";

const ORIGIN = "https://shield.example";
const ID = "01a212fd-0e7d-7ebf-b404-a7698743a612";
const OTHER_ID = "01a212fd-0e7d-7ebf-b404-a7698743a613";
const CODE = "nuBo5mMWdZMxE-TUdJSVlg";
const text = (t: number, id = ID): string => `${ORIGIN}/q/${id}?t=${t}&c=${CODE}`;

describe("a code", () => {
  test("of a request here is recognised", () => {
    expect(readCode(text(3), ORIGIN)).toEqual({ kind: "request", text: text(3), requestId: ID });
    const typed = ` shield.example/q/${ID}?t=3\n&c=${CODE} `;
    expect(readTyped(typed, ORIGIN)).toEqual({ kind: "request", text: text(3), requestId: ID });
  });
  test("of eight typed characters is a short code, as shown beside the QR code", () => {
    for (const typed of ["0H8Z 6YQK", "0h8z-6yqk", " 0H8Z6YQK\n"]) {
      const short = { kind: "request", text: "0H8Z6YQK", requestId: "0H8Z6YQK", typedMs: 8200 };
      expect(readTyped(typed, ORIGIN, 8200)).toEqual(short);
    }
    expect(readTyped("0H8Z6YQU", ORIGIN)).toEqual({ kind: "text" });
    expect(readCode("0H8Z6YQK", ORIGIN)).toEqual({ kind: "text" });
  });
  test("carries the time since typing began", async () => {
    const asked: unknown[] = [];
    const taking = new CodeHandler(async (...args) => {
      asked.push(args);
      return { requestId: ID } as Scan;
    });
    await taking.take(readTyped("0H8Z6YQK", ORIGIN, 8200), true);
    await taking.take(readCode(text(3), ORIGIN));
    expect(asked).toEqual([["0H8Z6YQK", 8200], [text(3)]]);
  });
  test.for([
    [text(3).replace("shield.example", "shield.example.evil.test"), "shield.example.evil.test"],
    [text(3).replace("https", "http"), "shield.example"],
    [`https://shield.example@evil.test/q/${ID}?t=1&c=${CODE}`, "evil.test"],
    [`${ORIGIN}/app/sign?request=${ID}&k=${CODE}`, "shield.example"],
    [`${ORIGIN}/q/${ID}`, "shield.example"],
  ] as const)("%s is an address of %s", ([address, domain]) => {
    expect(readCode(address, ORIGIN)).toEqual({ kind: "address", domain });
  });
  test.for(["WIFI:S:x;;", "javascript:alert(1)", "你好", ""])("%s is a text", (words) => {
    expect(readCode(words, ORIGIN)).toEqual({ kind: "text" });
  });
});

const seen = (t: number, id = ID): Code => readCode(text(t, id), ORIGIN);

interface Refused {
  readonly asked: string[];
  readonly taking: CodeHandler;
  readonly pass: (ms: number) => void;
}

/** Simulates a service that refuses everything with this error. */
function refuse(error: Error): Refused {
  const asked: string[] = [];
  let now = 0;
  const taking = new CodeHandler(
    async (code) => {
      asked.push(code);
      throw error;
    },
    () => now,
  );
  return { asked, taking, pass: (ms: number) => void (now += ms) };
}

describe("accepting a scanned code", () => {
  test("returns the request", async () => {
    const taking = new CodeHandler(async () => ({ requestId: ID }) as Scan);
    expect(await taking.take(seen(1))).toMatchObject({ kind: "taken", scanned: { requestId: ID } });
  });
  test("of a photo asks once; a fresh code of the request is tried again", async () => {
    const { asked, taking, pass } = refuse(new ProblemError("qr_stale", 410));
    expect(await taking.take(seen(1))).toMatchObject({ news: { kind: "problem" } });
    pass(60_000);
    expect(await taking.take(seen(1))).toEqual({ kind: "ignored" });
    await taking.take(seen(2));
    expect(asked).toEqual([text(1), text(2)]);
  });
  test("of a finished request never asks again; another request's code is tried after a pause", async () => {
    const { asked, taking, pass } = refuse(new ProblemError("request_closed", 409));
    await taking.take(seen(1));
    pass(60_000);
    expect(await taking.take(seen(2))).toEqual({ kind: "ignored" });
    await taking.take(seen(1, OTHER_ID));
    pass(100);
    expect(await taking.take(seen(1, "01a212fd-0e7d-7ebf-b404-a7698743a614"))).toEqual({ kind: "ignored" });
    expect(asked).toHaveLength(2);
  });
  test("asks again after a network failure, after a pause", async () => {
    const { asked, taking, pass } = refuse(new NetworkError("lost"));
    expect(await taking.take(seen(1))).toMatchObject({ kind: "notice" });
    expect(await taking.take(seen(1))).toEqual({ kind: "ignored" });
    pass(2000);
    await taking.take(seen(1));
    expect(asked).toHaveLength(2);
  });
  test("ends scanning if every other code would be refused too", async () => {
    const { taking } = refuse(new ProblemError("held", 409));
    expect(await taking.take(seen(1))).toMatchObject({ kind: "ended", problem: { code: "held" } });
  });
  test("is always tried if submitted by hand", async () => {
    const { asked, taking } = refuse(new ProblemError("qr_stale", 410));
    await taking.take(seen(1));
    await taking.take(seen(1), true);
    expect(asked).toHaveLength(2);
  });
});

describe("a link", () => {
  test("is accepted as the service wrote it", () => {
    expect(linkOf(`/q/${ID}`, { t: "3", c: CODE }, ORIGIN)).toBe(text(3));
    expect(linkOf("/sign", { request: ID, k: CODE, more: "x" }, ORIGIN)).toBe(
      `${ORIGIN}/app/sign?request=${ID}&k=${CODE}`,
    );
  });
  test.for([
    [`/q/${ID}`, { t: "03", c: CODE }],
    [`/q/${ID}`, { t: "3", c: [CODE, CODE] }],
    ["/q/x", { t: "3", c: CODE }],
    ["/sign", { request: ID, k: `${CODE}&x=1` }],
    ["/sign", {}],
  ] as const)("%s %o is refused", ([path, query]) => {
    expect(linkOf(path, query as never, ORIGIN)).toBeNull();
  });
});

describe("the return address", () => {
  test.for([
    "https://palm.example/signed?request=1&state=signed",
    "palmcustoms://signed?request=1",
    "http://localhost:8080/signed",
    "http://127.0.0.1/signed",
  ])("%s is opened", (address) => {
    expect(returnAddress(address)).toBe(address);
  });
  test.for([
    "http://palm.example/",
    "javascript://palm.example/%0aalert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "intent://x#Intent;end",
    "palmcustoms:signed",
    "//palm.example/",
    "/app/",
    null,
    undefined,
  ])("%s isn't opened", (address) => {
    expect(returnAddress(address)).toBeNull();
  });
});

test("errors that end a request", () => {
  expect(endingOf(new ProblemError("expired_request", 410), false)).toBe("expired");
  expect(endingOf(new ProblemError("task_closed", 409), true)).toBe("expired");
  expect(endingOf(new ProblemError("task_closed", 409), false)).toBe("closed");
  expect(endingOf(new ProblemError("wrong_pin", 403), true)).toBeNull();
});

describe("the PC's browser", () => {
  const win = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)";

  test.for([
    [`${win} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`, ["Windows", "Edge 142"]],
    [`${win} Chrome/108.0.0.0 Safari/537.36 QIHU 360SE`, ["Windows", "360"]],
    [
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
      ["macOS", "Safari 18"],
    ],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", ["Linux", "Firefox 140"]],
    ["Edge 142, Windows 11", ["Edge 142, Windows 11"]],
    ["Mozilla/5.0 (PlayStation)", ["Mozilla/5.0 (PlayStation)"]],
  ] as const)("%s", ([described, parts]) => {
    expect(browserName(described)).toEqual(parts);
  });
});

test("the phone's platform", () => {
  expect(platformOf("… iPhone OS 18_0 … Safari", false)).toBe("ios");
  expect(platformOf("… iPhone OS 18_0 … Safari", true)).toBe("iosInstalled");
  expect(platformOf("… Macintosh …", false, 5)).toBe("ios");
  expect(platformOf("… Android 15 … MicroMessenger/8", false)).toBe("wechat");
  expect(platformOf("… HarmonyOS …", true)).toBe("androidInstalled");
  expect(platformOf("… Macintosh …", false)).toBe("desktop");
});
