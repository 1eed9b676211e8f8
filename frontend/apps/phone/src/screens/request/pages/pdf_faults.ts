/** What the viewer says of a PDF that must not be signed; the reasons are the service's. */

import type { PDFDocumentProxy, PDFPageProxy } from "pdfjs-dist";

interface Annotation {
  readonly subtype?: string;
  readonly action?: string;
  readonly unsafeUrl?: string;
  readonly attachment?: unknown;
  readonly resetForm?: unknown;
  readonly setOCGState?: unknown;
  readonly actions?: unknown;
  readonly hasAppearance?: boolean;
  readonly fieldType?: string | null;
}

const OF_ANNOTATION: Readonly<Record<string, string>> = {
  Widget: "form",
  FileAttachment: "attachments",
  Screen: "rich_media",
  Movie: "rich_media",
  Sound: "rich_media",
  RichMedia: "rich_media",
  "3D": "rich_media",
};

const MOST_PAGES = 500;

export async function faultOf(pdf: PDFDocumentProxy): Promise<string | null> {
  const [{ info }, scripts, actions, open, files, layers, fields] = await Promise.all([
    pdf.getMetadata(),
    pdf.hasJSActions(),
    pdf.getJSActions(),
    pdf.getOpenAction(),
    pdf.getAttachments(),
    pdf.getOptionalContentConfig(),
    pdf.getFieldObjects(),
  ]);
  const told = info as Readonly<Record<string, unknown>>;
  const faults: readonly (readonly [string, unknown])[] = [
    ["too_large", pdf.numPages > MOST_PAGES],
    ["encrypted", told["EncryptFilterName"]],
    ["javascript", scripts || actions],
    ["xfa", told["IsXFAPresent"] || pdf.isPureXfa],
    ["attachments", files || told["IsCollectionPresent"]],
    ["optional_content", [...layers].length > 0],
    ["form", hasOtherFields(fields)],
    ["open_action", (open as { action?: unknown } | null)?.action],
  ];
  return faults.find(([, isThere]) => isThere)?.[0] ?? null;
}

/** Fields but those that hold signatures; which of these are filled, the scan looks for. */
function hasOtherFields(fields: unknown): boolean {
  const all = Object.values((fields ?? {}) as Record<string, readonly { readonly type?: string }[]>).flat();
  return all.some(({ type }) => type !== "signature");
}

export async function faultOfPage(page: PDFPageProxy): Promise<string | null> {
  const annotations = (await page.getAnnotations()) as readonly Annotation[];
  const faults = annotations.map((each) => ofAnnotation(each));
  return faults.find((fault) => fault !== null) ?? ((await page.getJSActions()) ? "javascript" : null);
}

function ofAnnotation(annotation: Annotation): string | null {
  const {
    subtype = "",
    action,
    attachment,
    resetForm,
    setOCGState,
    actions,
    unsafeUrl,
    hasAppearance,
    fieldType,
  } = annotation;
  if (subtype === "Widget" && fieldType === "Sig") {
    return actions ? "javascript" : null;
  }
  if (subtype !== "Link" || hasAppearance) {
    return OF_ANNOTATION[subtype] ?? "annotation";
  }
  if (actions) {
    return "javascript";
  }
  if (setOCGState) {
    return "optional_content";
  }
  const isWeb = unsafeUrl === undefined || /^(?:https?|mailto|tel|ftp):/i.test(unsafeUrl);
  return action || attachment || resetForm || !isWeb ? "action" : null;
}
