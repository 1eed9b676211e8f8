/** Owner, displayed pages and time of logging: what nothing binds is marked. */

import type { Check, Result } from "@mshield/verify";
import { expect, test } from "vitest";

import { answersOf } from "../src/parts/answers.ts";
import { holderLine, holderOf } from "../src/parts/holder.ts";
import { pagesOf } from "../src/parts/pages.ts";
import { pageWords } from "../src/words/page.ts";

/** Returns Chinese words with their values. */
const say = {
  t: (key: string, values: Record<string, unknown> = {}): string => {
    const word = key
      .split(".")
      .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], pageWords.zh);
    return String(word).replaceAll(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
  },
} as Parameters<typeof holderOf>[0];

const check = (name: Check["name"], state: Check["state"]): Check => ({
  name,
  state,
  code: null,
  isNeeded: true,
  facts: { index: 2, size: "5" },
  revocation: null,
});
const result = (more: Partial<Result>): Result =>
  ({
    kind: "evidence",
    verdict: "valid",
    checks: [check("signature", "passed"), check("log", "passed")],
    signer: { name: "李明", organisation: "示例", role: "操作员", creditCode: null, serial: "01" },
    holder: { shieldNumber: "MS10720468813", idNumberMasked: "330206********4218" },
    document: { mediaType: "application/pdf" },
    shown: null,
    time: null,
    signedAt: 0,
    judgedAt: 0,
    logTime: null,
    witnesses: null,
    ...more,
  }) as Result;

test("the log binds shield and ID number; otherwise they are the service's claim", () => {
  expect(holderLine(say, result({}))).toBe("手机盾号 MS 107 2046 8813，证件号码 330206********4218");
  const unlogged = result({ checks: [check("log", "unchecked")] });
  expect(holderLine(say, unlogged)).toContain("由服务提供，未经签名");
  expect(holderOf(say, unlogged)!.mark).not.toBe("");
  expect(holderLine(say, result({ holder: null, kind: "cms" }))).toBe("");
  const none = result({ holder: { shieldNumber: "MS10720468813", idNumberMasked: null } });
  expect(holderLine(say, none)).toContain("证据中没有证件号码");
});

test(`the answer to "who" includes the shield, and that about the log the source of its time`, () => {
  const logTime = { at: 0, latest: 0, by: "outside", authority: "TSA" } as const;
  const answers = answersOf(say, result({ logTime }));
  const moreOf = (question: string): string => answers.find((answer) => answer.question === question)!.more;
  expect(moreOf("who")).toContain("手机盾号 MS 107 2046 8813");
  expect(moreOf("log")).toContain("第三方时间戳");
  const plain = answersOf(say, result({})).find(({ question }) => question === "log");
  expect(plain!.more).toContain("检查点没有时间戳");
});

test("mentions pages only for what was signed unread", () => {
  const shown = { drawn: null, compared: null, isLost: false } as const;
  const pages = { count: 5, shown: [[1, 2], [4, 4]] } as const; // prettier-ignore
  expect(pagesOf(say, result({ shown: { ...shown, confirmed: "unread", pages } }))).toContain(
    "显示过第 1–2、4 页",
  );
  const none = { count: 5, shown: [] };
  expect(pagesOf(say, result({ shown: { ...shown, confirmed: "unread", pages: none } }))).toContain(
    "没有一页完整显示过",
  );
  expect(pagesOf(say, result({ shown: { ...shown, confirmed: "unread", pages: null } }))).toContain(
    "没有记录",
  );
  expect(pagesOf(say, result({ shown: { ...shown, confirmed: "none", pages: null } }))).toBeNull();
});

const witnessedBy = (witnesses: Result["witnesses"]): string =>
  answersOf(say, result({ witnesses })).find(({ question }) => question === "log")!.more;

test("names cosigners of the checkpoint with the time, or states that no known witness cosigned", () => {
  expect(witnessedBy(null)).not.toContain("见证人");
  expect(witnessedBy([])).toContain("已知的见证人没有会签这个检查点");
  const two = [
    { witness: "witness.example/w1", at: 1_795_500_000_000 },
    { witness: "witness.example/w2", at: 1_795_500_060_000 },
  ];
  expect(witnessedBy(two)).toContain("见证人会签了检查点：witness.example/w1（2026-11-24");
  expect(witnessedBy(two)).toContain("witness.example/w2（");
});
