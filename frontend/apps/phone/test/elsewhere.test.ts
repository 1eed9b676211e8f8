// @vitest-environment happy-dom
/** Another app receives the bytes to be signed, under a name chosen by this app. */

import { afterEach, expect, test, vi } from "vitest";

import { fileOf, openElsewhere } from "../src/screens/request/confirm/elsewhere.ts";

const CONTENT = new TextEncoder().encode("%PDF-1.7");
const PRINT = "1753 8387 0000 79A9";
afterEach(() => vi.unstubAllGlobals());

test("the file has the bytes, an extension by its type only, and a name from its digest", async () => {
  const file = fileOf({ content: CONTENT, mediaType: "Application/PDF; x=y" }, PRINT);
  expect([...new Uint8Array(await file.arrayBuffer())]).toEqual([...CONTENT]);
  expect([file.name, file.type]).toEqual(["17538387.pdf", "application/pdf"]);
  // A type that a phone shouldn't open by itself gets no extension of its own.
  const page = fileOf({ content: CONTENT, mediaType: "text/html" }, PRINT);
  expect([page.name, page.type]).toEqual(["17538387.bin", "application/octet-stream"]);
});

test("the share sheet receives the file; closing the sheet downloads nothing", async () => {
  const file = fileOf({ content: CONTENT, mediaType: "application/pdf" }, PRINT);
  const share = vi.fn(async () => undefined);
  vi.stubGlobal("navigator", { canShare: () => true, share });
  await expect(openElsewhere(file)).resolves.toBe("shared");
  expect(share).toHaveBeenCalledWith({ files: [file] });
  share.mockRejectedValueOnce(new DOMException("closed", "AbortError"));
  await expect(openElsewhere(file)).resolves.toBe("closed");
});

test("without a share sheet, or if it refuses the type, the file is downloaded", async () => {
  const file = fileOf({ content: CONTENT, mediaType: "application/pdf" }, PRINT);
  const clicked: string[] = [];
  const click = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
    this: HTMLAnchorElement,
  ) {
    clicked.push(`${this.download} ${this.href.split(":", 1)[0]}`);
  });
  vi.stubGlobal("navigator", {});
  await expect(openElsewhere(file)).resolves.toBe("downloaded");
  const share = vi.fn(async () => Promise.reject(new DOMException("type", "NotAllowedError")));
  vi.stubGlobal("navigator", { canShare: () => true, share });
  await expect(openElsewhere(file)).resolves.toBe("downloaded");
  expect(clicked).toEqual(["17538387.pdf blob", "17538387.pdf blob"]);
  click.mockRestore();
});
