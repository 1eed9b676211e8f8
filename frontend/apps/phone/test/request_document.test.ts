// @vitest-environment happy-dom
/** A document on the confirmation: main fields first, the rest at a wish, and what the signature binds told apart. */

import type { Task } from "@mshield/shield";
import { mount, type VueWrapper } from "@vue/test-utils";
import { describe, expect, test } from "vitest";

import DocumentView from "../src/screens/request/confirm/DocumentView.vue";
import { i18n } from "../src/words/i18n.ts";

const FIELDS = Array.from({ length: 9 }, (_, n) => ({ label: `项 ${n}`, value: `值 ${n}` }));
const TASK: Task = {
  sid: "00",
  uid: "00",
  purpose: "sign",
  state: "open",
  message: new TextEncoder().encode("<a><b>1</b></a>"),
  mediaType: "application/xml",
  title: "报关单",
  display: [{ label: "总价", value: "126000.00 欧元" }, ...FIELDS],
  format: "cms",
  content: new TextEncoder().encode("<a><b>1</b></a>"),
  size: null,
};

function show(more: Partial<Task> = {}): VueWrapper {
  const props = { task: { ...TASK, ...more }, system: "单一窗口", reading: null };
  return mount(DocumentView, { props, global: { plugins: [i18n] } });
}

const terms = (shown: VueWrapper): string[] => shown.findAll("dt").map((each) => each.text());

describe("a document", () => {
  test("has its amount large and seven fields, then all of them", async () => {
    const shown = show();
    expect(shown.get(".amt").text()).toBe("欧元126,000.00");
    expect(terms(shown)).toHaveLength(7);
    await shown.get(".all").trigger("click");
    expect(terms(shown)).toEqual(FIELDS.map(({ label }) => label));
  });
  test("with everything bound shows the content at a wish", async () => {
    const shown = show();
    expect(shown.text()).toContain("都在签名里");
    expect(shown.find(".content").exists()).toBe(false);
    await shown.get(".head button").trigger("click");
    expect(shown.get(".content").text()).toContain("<b>1</b>");
  });
  test("by raw shows the content at once, and says that the fields aren't signed", () => {
    const shown = show({ format: "raw" });
    expect(shown.text()).toContain("以上摘要由单一窗口提供，不在签名内容里");
    expect(shown.find(".content").exists()).toBe(true);
  });
  test("in steps where it is long", async () => {
    const content = new TextEncoder().encode(Array.from({ length: 450 }, (_, n) => `行 ${n}`).join("\n"));
    const shown = show({ content, mediaType: "text/plain", display: [] });
    expect(shown.findAll(".content p")).toHaveLength(200);
    expect(shown.get(".more-lines").text()).toBe("再显示 200 行（共 450 行）");
    await shown.get(".more-lines").trigger("click");
    await shown.get(".more-lines").trigger("click");
    expect(shown.findAll(".content p")).toHaveLength(450);
    expect(shown.find(".more-lines").exists()).toBe(false);
  });
  test("is text and nothing else, whatever it says", () => {
    const value = '<img src=x onerror="alert(1)">';
    const content = new TextEncoder().encode(value);
    const shown = show({
      content,
      mediaType: "text/plain",
      display: [{ label: value, value }],
      format: "raw",
    });
    expect(shown.find("img").exists()).toBe(false);
    expect(shown.text()).toContain(value);
  });
  test("of a kind that can't be shown has type, size and fingerprint", async () => {
    const shown = show({ content: new Uint8Array(2048), mediaType: "application/msword" });
    expect(shown.text()).toContain("application/msword");
    expect(shown.text()).toContain("2.0 KB");
    expect(shown.text()).toContain("请在单一窗口核对");
    await shown.get(".print button.mono").trigger("click");
    expect(shown.get(".whole").text()).toMatch(/^([0-9A-F]{4} ){15}[0-9A-F]{4}$/);
  });
});
