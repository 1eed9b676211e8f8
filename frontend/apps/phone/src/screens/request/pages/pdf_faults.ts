/** Reasons why a PDF must not be signed, according to the viewer; they are the service's reasons. */

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
  readonly annotationFlags?: number;
  readonly borderStyle?: { readonly width?: number };
}

interface Field {
  readonly type?: string;
  readonly actions?: unknown;
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

/** Flags of an annotation. */
const [HIDDEN, PRINTED, NOT_VIEWED] = [2, 4, 32] as const;
const MOST_PAGES = 500;

export async function faultOf(pdf: PDFDocumentProxy): Promise<string | null> {
  const [metadata, actions, open, files, layers, forms] = await Promise.all([
    pdf.getMetadata(),
    pdf.getJSActions(),
    pdf.getOpenAction(),
    pdf.getAttachments(),
    pdf.getOptionalContentConfig(),
    pdf.getFieldObjects(),
  ]);
  const fields = fieldsIn(forms);
  const info = metadata.info as Readonly<Record<string, unknown>>;
  const faults: readonly (readonly [string, unknown])[] = [
    ["too_large", pdf.numPages > MOST_PAGES],
    ["encrypted", info["EncryptFilterName"]],
    ["javascript", actions || fields.some((field) => field.actions)],
    ["xfa", info["IsXFAPresent"] || pdf.isPureXfa],
    ["attachments", files || info["IsCollectionPresent"]],
    ["optional_content", [...layers].length > 0],
    ["form", isForm(info, fields)],
    ["open_action", (open as { action?: unknown } | null)?.action],
  ];
  return faults.find(([, isThere]) => isThere)?.[0] ?? null;
}

/**
 * Returns all fields, in whatever structure. The viewer's own flag for scripts can't be used, since it counts
 * every signature field as one.
 */
function fieldsIn(fields: unknown): readonly Field[] {
  const all = fields instanceof Map ? [...fields.values()] : Object.values(fields ?? {});
  return (all as readonly (readonly Field[])[]).flat();
}

/** Returns whether it has a form with fields other than signatures, or whose fields can't be listed. */
function isForm(info: Readonly<Record<string, unknown>>, fields: readonly Field[]): boolean {
  const isThere = Boolean(info["IsAcroFormPresent"] || info["IsSignaturesPresent"]);
  return isThere && (fields.length === 0 || fields.some(({ type }) => type !== "signature"));
}

export async function faultOfPage(page: PDFPageProxy): Promise<string | null> {
  const annotations = (await page.getAnnotations()) as readonly Annotation[];
  const faults = annotations.map((annotation) => ofAnnotation(annotation));
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
    annotationFlags = 0,
    borderStyle,
  } = annotation;
  if (subtype === "Widget" && fieldType === "Sig") {
    const isAlike =
      Boolean(annotationFlags & HIDDEN) || (annotationFlags & (PRINTED | NOT_VIEWED)) === PRINTED;
    return actions ? "javascript" : isAlike || !hasAppearance ? null : "form";
  }
  // Some programs draw a link's border, this viewer and others don't.
  if (subtype !== "Link" || hasAppearance || borderStyle?.width !== 0) {
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
