// @vitest-environment happy-dom
/** What another app gets is what is signed, under a name of this app's own. */

import { afterEach, expect, test, vi } from "vitest";

import { fileOf, openElsewhere } from "../src/screens/request/confirm/elsewhere.ts";

const CONTENT = new TextEncoder().encode("%PDF-1.7");
const PRINT = "1753 8387 0000 79A9";
afterEach(() => vi.unstubAllGlobals());

test("the file has the octets, an ending by its type alone, and a name by its digest", async () => {
  const file = fileOf({ content: CONTENT, mediaType: "Application/PDF; x=y" }, PRINT);
  expect(new Uint8Array(await file.arrayBuffer())).toEqual(CONTENT);
  expect([file.name, file.type]).toEqual(["17538387.pdf", "application/pdf"]);
  // Of a type that says more than a phone should open by itself no ending is made.
  const page = fileOf({ content: CONTENT, mediaType: "text/html" }, PRINT);
  expect([page.name, page.type]).toEqual(["17538387.bin", "application/octet-stream"]);
});

test("the phone's sheet takes it; one that was closed downloads nothing", async () => {
  const file = fileOf({ content: CONTENT, mediaType: "application/pdf" }, PRINT);
  const share = vi.fn(async () => undefined);
  vi.stubGlobal("navigator", { canShare: () => true, share });
  await expect(openElsewhere(file)).resolves.toBe("shared");
  expect(share).toHaveBeenCalledWith({ files: [file] });
  share.mockRejectedValueOnce(new DOMException("closed", "AbortError"));
  await expect(openElsewhere(file)).resolves.toBe("closed");
});

test("without such a sheet, or where it refuses the type, it is downloaded", async () => {
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
