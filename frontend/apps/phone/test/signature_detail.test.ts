// @vitest-environment happy-dom
/**
 * The record of a signature whose business system named another amount than the signed contract: what is large is
 * from the contract, and the system's words stand apart, without a lock.
 */

import type { SignatureDetail } from "@mshield/shield";
import { readDocument } from "@mshield/views";
import { mount, type VueWrapper } from "@vue/test-utils";
import { expect, test } from "vitest";

import { layOutReceipt } from "../src/screens/me/signatures/keep/receipt_layout.ts";
import { receiptLines } from "../src/screens/me/signatures/keep/receipt.ts";
import SignedFields from "../src/screens/me/signatures/SignedFields.vue";
import WhoSigned from "../src/screens/me/signatures/WhoSigned.vue";
import { i18n } from "../src/words/i18n.ts";

const FALSE_AMOUNT = "12,800.00";
const VIEW = {
  type: "mshield-view/v1",
  id: "example/contract",
  version: 1,
  content: "json",
  title: "采购合同",
  amount: { label: "合同总价", path: "total", currency: { fixed: "CNY" } },
  body: [{ label: "要点", rows: [{ label: "买方", path: "buyer" }] }],
};
const CONTENT = '{"total":"128000.00","buyer":"宁波北潮进出口有限公司"}';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function signed(more: Partial<SignatureDetail> = {}): SignatureDetail {
  const { drawn } = readDocument({
    kind: "json",
    content: bytes(CONTENT),
    view: bytes(JSON.stringify(VIEW)),
    said: { title: "", lines: [] },
    signedXml: null,
  });
  return {
    sid: "7f3a2c11".repeat(4),
    kind: "signature",
    title: "采购合同",
    mediaType: "application/json",
    format: "cms",
    size: 60,
    lines: [{ label: "合同总价", value: `人民币 ${FALSE_AMOUNT}` }],
    contentDigest: "00".repeat(32),
    digest: "00".repeat(32),
    signature: "00".repeat(64),
    businessName: "单一窗口",
    domain: null,
    requestId: null,
    serial: null,
    logIndex: null,
    isDisplayBound: true,
    drawing: drawn?.lines ?? null,
    confirmed: "mismatch",
    signer: {
      name: "林知远",
      organisation: "宁波北潮进出口有限公司",
      creditCode: "91330206MA2XB7C1TW",
      role: "operator",
      shieldNumber: "MS21160254079",
    },
    ...more,
  } as SignatureDetail;
}

const ABOUT = { when: "2026-12-02", name: "evidence.json", stamps: 0 };
const say = (name: string, values?: Record<string, unknown>): string =>
  values ? `${name} ${Object.values(values).join()}` : name;
const show = (detail: SignatureDetail): VueWrapper =>
  mount(SignedFields, { props: { detail }, global: { plugins: [i18n] } });

test("the amount of the contract is large, and the other one stands apart with the difference", () => {
  const shown = show(signed());
  expect(shown.get(".drawn .amt").text()).toContain("128,000.00");
  expect(shown.get(".drawn").text()).not.toContain(FALSE_AMOUNT);
  expect(shown.get(".drawn .src").text()).toBe("签署时从原文读出");
  expect(shown.get(".differing .diff").text()).toContain(FALSE_AMOUNT);
  expect(shown.get(".differing .new").text()).toContain("128,000.00");
  expect(shown.text()).toContain("您确认按原文签署");
});

test("without a drawing nothing is large, and no lock stands beside the system's words", () => {
  const shown = show(signed({ drawing: null }));
  expect(shown.find(".amt").exists()).toBe(false);
  expect(shown.text()).not.toContain("改动后签名即失效");
  expect(shown.get(".theirs").text()).toContain(FALSE_AMOUNT);
  expect(shown.get(".theirs").text()).toContain("来自对方的说明，未核对");
});

test("the signer is named with enterprise and shield", () => {
  const shown = mount(WhoSigned, { props: { detail: signed() }, global: { plugins: [i18n] } });
  expect(shown.text()).toContain("林知远");
  expect(shown.text()).toContain("宁波北潮进出口有限公司");
  expect(shown.text()).toContain("MS21160254079");
});

test("the receipt has the contract's lines first, then the other amount under a heading that says whose it is", () => {
  const words = { of: say, own: say, language: "zh-CN" };
  const lines = receiptLines(signed(), words, ABOUT);
  const at = (found: string): number => lines.findIndex((line) => Object.values(line).includes(found));
  expect(at("林知远, detail.roles.operator")).toBeGreaterThan(0);
  expect(at("人民币 128,000.00")).toBeGreaterThan(at("detail.what (detail.drawn)"));
  expect(at("detail.theirs")).toBeGreaterThan(at("人民币 128,000.00"));
  expect(at(`documentSays 人民币 ${FALSE_AMOUNT},人民币 128,000.00`)).toBeGreaterThan(at("detail.theirs"));
  expect(at("detail.confirmed.mismatch")).toBeGreaterThan(at("detail.theirs"));
});

test("the receipt says in whose name, and a dashed edge is beside the other amount alone", () => {
  const words = { of: say, own: say, language: "zh-CN" };
  const lines = receiptLines(signed(), words, ABOUT);
  const named = lines.find((line) => "name" in line && line.name === "inNameOf");
  expect(named).toMatchObject({ value: "ownEnterprise 宁波北潮进出口有限公司" });
  const theirs = lines.filter(({ isTheirs }) => isTheirs).map((line) => Object.values(line)[0]);
  expect(theirs).toEqual(["detail.theirs", "detail.differs", "合同总价", "detail.confirmed.mismatch"]);
  const [sheet] = layOutReceipt("签署回执", lines, "", (text) => [...text].length * 8);
  const edges = sheet!.dashes;
  const beside = sheet!.texts.filter(({ baseline }) =>
    edges.some(({ from, to }) => from < baseline && baseline <= to),
  );
  expect(beside.map(({ text }) => text).join("")).toContain(FALSE_AMOUNT);
  const others = sheet!.texts.filter((text) => !beside.includes(text)).map(({ text }) => text);
  expect(others.join("")).not.toContain(FALSE_AMOUNT);
});
