// @vitest-environment happy-dom

/** A row of the history: what is large is from the signed content; the business system's words are marked or absent. */

import type { SignatureRecord } from "@mshield/shield";
import { mount, RouterLinkStub, type VueWrapper } from "@vue/test-utils";
import { expect, test } from "vitest";

import SignatureRow from "../src/screens/me/signatures/SignatureRow.vue";
import { i18n } from "../src/words/i18n.ts";

const FALSE_AMOUNT = "12,800.00";

function shown(more: Partial<SignatureRecord>): VueWrapper {
  const item: SignatureRecord = {
    sid: "00".repeat(16),
    kind: "signature",
    title: `采购合同 ${FALSE_AMOUNT}`,
    mediaType: "application/json",
    drawn: null,
    confirmed: "none",
    businessName: "单一窗口",
    signedAt: 0,
    serial: null,
    digest: "",
    ...more,
  };
  return mount(SignatureRow, {
    props: { item },
    global: { plugins: [i18n], stubs: { RouterLink: RouterLinkStub } },
  });
}

test("title and sum are the content's, and the other amount is nowhere", () => {
  const amounts = [{ name: "人民币", text: "128,000.00" }];
  const row = shown({
    drawn: { title: "采购合同", party: "宁波甬通检测服务有限公司", amounts },
    confirmed: "mismatch",
  });
  expect(row.get(".g b").text()).toBe("采购合同");
  expect(row.get(".sum b").text()).toBe("人民币128,000.00");
  expect(row.get(".g span").text()).toBe("宁波甬通检测服务有限公司");
  expect(row.text()).not.toContain(FALSE_AMOUNT);
  expect(row.get(".differs").text()).toBe("对方说明与原文不一致，按原文签署");
});

test("content without an amount says so", () => {
  expect(
    shown({ drawn: { title: "原产地声明", party: null, amounts: [] } })
      .get(".sum .none")
      .text(),
  ).toBe("无金额");
});

test("without a drawing the heading is the kind of file, and their title stands apart, last and dashed", () => {
  const row = shown({ mediaType: "Application/PDF; x=y" });
  expect(row.get(".g").text()).not.toContain(FALSE_AMOUNT);
  expect(row.get(".g b").text()).toBe("PDF 文件");
  expect(row.get("a > :last-child").classes()).toContain("said");
  expect(row.get(".said").text()).toBe(`对方称：采购合同 ${FALSE_AMOUNT}`);
});

test("a login is named by its business system", () => {
  const row = shown({ kind: "login", confirmed: null });
  expect(row.get(".g b").text()).toBe("登录 单一窗口");
  expect(row.text()).not.toContain(FALSE_AMOUNT);
});
