// @vitest-environment happy-dom
/** Documents with pages: when a page counts as shown, and when the request may be signed. */

import { DISPLAY_OID, readOptions } from "@mshield/forms";
import type { Task } from "@mshield/shield";
import { describe, expect, test } from "vitest";
import { computed } from "vue";

import { scanned } from "../src/screens/request/pages/pdf_scan.ts";
import ReadingBar from "../src/screens/request/pages/ReadingBar.vue";
import { type Reading, spansOf, UNOPENED, useReadings } from "../src/screens/request/pages/reading.ts";
import { Spots } from "../src/screens/request/pages/seen.ts";
import { mounted } from "./mounted.ts";

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);
const PDF = "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\nstartxref\n9\n%%EOF\n";

function task(mediaType = "application/pdf", sid = "1"): Task {
  const content = octets(PDF);
  const rest = {
    uid: "",
    purpose: "sign",
    state: "open",
    message: content,
    title: "合同",
    display: [],
    size: null,
    isDrawn: false,
    view: null,
    drawn: null,
    reading: null,
    options: readOptions("cms", { display_oid: DISPLAY_OID }),
    signingTime: null,
  };
  const options = readOptions("cms", { display_oid: DISPLAY_OID });
  return { ...rest, sid, mediaType, content, format: "cms", options, signingTime: null } as Task;
}

const seen = (...pages: number[]): Partial<Reading> => ({ seen: new Set(pages) });

describe("a page counts as shown", () => {
  test("once each of its parts was on the screen for a second, together or one after the other", () => {
    const spots = new Spots();
    spots.add(2000, (_, y) => y < 0.5);
    expect(spots.isWhole).toBe(false);
    spots.add(600, (_, y) => y >= 0.5);
    spots.add(600, (x, y) => y >= 0.5 && x < 0.75);
    expect(spots.isWhole).toBe(false);
    spots.add(400, () => true);
    expect(spots.isWhole).toBe(true);
  });
});

describe("the signature", () => {
  test("waits for each page of each document, unless the user skips the rest", () => {
    const [first, picture, text] = [task(), task("image/png", "2"), task("text/plain", "3")];
    const readings = useReadings(computed(() => [first, picture, text]));
    expect(readings.open.value).toEqual([first, picture]);
    readings.note(first, { pages: 2, ...seen(1) });
    readings.note(picture, { pages: 1 });
    readings.note(picture, seen(1));
    expect(readings.open.value).toEqual([first]);
    readings.skip(first);
    expect(readings.open.value).toEqual([]);
    expect([...readings.confirmed()]).toEqual([["1", "unread"]]);
    expect([...readings.pages()]).toEqual([["1", { count: 2, shown: [[1, 1]] }]]);
    expect(spansOf(new Set([7, 2, 1, 3, 5]))).toEqual([
      [1, 3],
      [5, 5],
      [7, 7],
    ]);
    readings.note(first, seen(1, 2));
    expect(readings.confirmed().size).toBe(0);
  });
  test("is impossible for a document that must not be signed, and before it was checked", () => {
    const [first, second] = [task(), task("application/PDF", "2")];
    const readings = useReadings(computed(() => [first, second]));
    readings.note(first, { pages: 1, fault: "javascript", ...seen(1) });
    readings.note(second, seen(1));
    readings.skip(first);
    readings.skip(second);
    expect(readings.open.value).toEqual([first, second]);
    readings.note(second, { isBroken: true });
    expect(readings.open.value).toEqual([first]);
    expect(readings.confirmed().get("2")).toBe("unread");
    expect(readings.pages().size).toBe(0);
  });
});

const show = (more: Partial<Reading>, isSkipped = false): ReturnType<typeof mounted> =>
  mounted(ReadingBar, { task: task(), reading: { ...UNOPENED, ...more }, isSkipped });

describe("the bar", () => {
  test("counts pages, and offers to sign without the rest once the document is known", async () => {
    const { wrapper } = await show({ pages: 5, ...seen(1, 2, 3) });
    expect(wrapper.text()).toContain("已看到 3/5 页");
    expect(wrapper.findAll(".progress .on")).toHaveLength(3);
    expect(wrapper.text()).toContain("不看完就签…");
    expect((await show({})).wrapper.text()).not.toContain("不看完就签");
    expect((await show({ pages: 1, fault: "xfa" })).wrapper.text()).not.toContain("不看完就签");
    expect((await show({ pages: 2, ...seen(1, 2) })).wrapper.text()).toBe("2 页已全部显示");
  });
});

describe("the check of a PDF's bytes", () => {
  test.for([
    [PDF, null],
    ["", "not_pdf"],
    [` ${PDF}`, "not_pdf"],
    [`${PDF}x`, "damaged"],
    [PDF.replace("<<", "<< /OpenAction << /S /JavaScript >>"), "javascript"],
    [PDF.replace("<<", "<< /OCProperties 3 0 R"), "optional_content"],
    [PDF.replace("startxref", "1 0 obj\nnull\nendobj\nstartxref"), "revisions"],
    [PDF.replace("startxref", "01  00 obj\nnull\nendobj\nstartxref"), "revisions"],
  ] as const)("%#", ([text, fault]) => {
    expect(scanned(octets(text))).toBe(fault);
  });
});
