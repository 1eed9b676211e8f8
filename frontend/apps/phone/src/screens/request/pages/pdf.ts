/**
 * A PDF, opened by pdf.js with its own worker and only files of this app: no forms, no scripts, and no
 * network requests except to the app's own files. Loaded when the first PDF is shown.
 */

import { scriptAddress } from "@mshield/look/vue/trusted.ts";
import { getDocument, PDFWorker, version } from "pdfjs-dist/legacy/build/pdf.mjs";
// oxlint-disable-next-line import/default -- Vite generates the default export, the address
import viewerAddress from "pdfjs-dist/legacy/build/pdf.worker.min.mjs?worker&url";
import type { PDFDocumentProxy, PDFPageProxy, RenderTask } from "pdfjs-dist";

import { faultOf, faultOfPage } from "./pdf_faults.ts";
// oxlint-disable-next-line import/default -- Vite generates the default export, the address
import scanAddress from "./scan_worker.ts?worker&url";

const DATA = `${import.meta.env.BASE_URL}assets/pdfjs-${version}`;
/** Maximum pixels of a page's image: more than a phone displays, within what it can hold. */
const MOST_PIXELS = 8_000_000;
const SHARPEST = 3;
const QUIET = 0;

export interface Pdf {
  readonly pages: number;
  /**
   * Returns why the PDF must not be signed, as far as the whole file shows; a page may have further reasons.
   */
  fault(): Promise<string | null>;
  /** Draws a page at this width in CSS pixels; rejects if it can't be drawn completely. */
  draw(page: number, canvas: HTMLCanvasElement, width: number): Drawing;
  close(): void;
}

export interface Drawing {
  /** The page's text, as far as the file contains it, and why it must not be signed. */
  readonly done: Promise<{ readonly text: string; readonly fault: string | null }>;
  cancel(): void;
}

export class UnfitPdf extends Error {
  readonly fault: string;

  constructor(fault: string) {
    super(fault);
    this.fault = fault;
  }
}

/** Opens a PDF. Raises: `UnfitPdf` if it must not be signed, another error if it can't be shown. */
export async function openPdf(content: Uint8Array): Promise<Pdf> {
  const viewer = new Worker(scriptAddress(viewerAddress), { type: "module", name: "pdf" });
  const worker = PDFWorker.create({ port: viewer as never });
  const opening = getDocument({
    data: content.slice(),
    worker,
    cMapUrl: `${DATA}/cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${DATA}/standard_fonts/`,
    iccUrl: `${DATA}/iccs/`,
    wasmUrl: `${DATA}/wasm/`,
    useSystemFonts: false,
    enableXfa: false,
    stopAtErrors: true,
    verbosity: QUIET,
  });
  function close(): void {
    void opening.destroy().finally(() => {
      worker.destroy();
      viewer.terminate();
    });
  }
  try {
    const pdf = await opening.promise;
    return {
      pages: pdf.numPages,
      fault: async () => (await scan(content)) ?? (await faultOf(pdf)),
      draw: (page, canvas, width) => drawing(pdf, page, canvas, width),
      close,
    };
  } catch (error) {
    close();
    const fault = isLocked(error) ? "encrypted" : await scan(content);
    throw fault === null ? error : new UnfitPdf(fault);
  }
}

const isLocked = (error: unknown): boolean => error instanceof Error && error.name === "PasswordException";

function scan(content: Uint8Array): Promise<string | null> {
  const worker = new Worker(scriptAddress(scanAddress), { type: "module", name: "scan" });
  return new Promise<string | null>((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<string | null>) => resolve(data));
    worker.addEventListener("error", () => reject(new Error("the worker has stopped")));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's postMessage has no target origin
    worker.postMessage(content);
  }).finally(() => worker.terminate());
}

function drawing(pdf: PDFDocumentProxy, number: number, canvas: HTMLCanvasElement, width: number): Drawing {
  let isCancelled = false;
  let task: RenderTask | null = null;
  async function draw(): Promise<{ text: string; fault: string | null }> {
    const page = await pdf.getPage(number);
    if (!isCancelled) {
      task = page.render({ canvas, viewport: viewportOf(page, width, canvas) });
      await task.promise;
    }
    return { text: await textOf(page), fault: await faultOfPage(page) };
  }
  return {
    done: draw(),
    cancel() {
      isCancelled = true;
      task?.cancel();
    },
  };
}

function viewportOf(
  page: PDFPageProxy,
  width: number,
  canvas: HTMLCanvasElement,
): ReturnType<PDFPageProxy["getViewport"]> {
  const { width: own, height } = page.getViewport({ scale: 1 });
  const wanted = (width / own) * Math.min(devicePixelRatio, SHARPEST);
  const viewport = page.getViewport({ scale: Math.min(wanted, Math.sqrt(MOST_PIXELS / (own * height))) });
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${(width / own) * height}px`;
  return viewport;
}

async function textOf(page: PDFPageProxy): Promise<string> {
  const { items } = await page.getTextContent();
  return items.map((item) => ("str" in item ? item.str + (item.hasEOL ? "\n" : "") : "")).join("");
}
