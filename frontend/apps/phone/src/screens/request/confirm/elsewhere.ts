/** Handing a document's octets to another app of the phone: by its sharing sheet, or as a download. */

import type { Task } from "@mshield/shield";

/** What is named by its type; anything else is a file of no kind. */
const ENDINGS: Readonly<Record<string, string>> = {
  "application/pdf": "pdf",
  "application/zip": "zip",
  "application/ofd": "ofd",
  "application/msword": "doc",
  "application/vnd.ms-excel": "xls",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
  "application/xml": "xml",
  "text/xml": "xml",
  "application/json": "json",
  "text/plain": "txt",
  "text/csv": "csv",
  "image/png": "png",
  "image/jpeg": "jpg",
};

/** The content as it is signed, named by what its digest begins with: the asker's title names no file on the phone. */
export function fileOf(
  { content, mediaType }: Pick<Task, "content" | "mediaType">,
  fingerprint: string,
): File {
  const type = mediaType.toLowerCase().split(";", 1)[0]!.trim();
  const ending = ENDINGS[type];
  const name = `${fingerprint.replaceAll(" ", "").slice(0, 8).toLowerCase()}.${ending ?? "bin"}`;
  const octets = (content ?? new Uint8Array()) as Uint8Array<ArrayBuffer>;
  return new File([octets], name, { type: ending === undefined ? "application/octet-stream" : type });
}

/** Whether the phone's sheet takes it, or it is downloaded. A sheet that was closed again is neither's failure. */
export async function openElsewhere(file: File): Promise<"shared" | "downloaded" | "closed"> {
  const shared = { files: [file] };
  if (navigator.canShare?.(shared)) {
    try {
      await navigator.share(shared);
      return "shared";
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") {
        return "closed";
      }
      // Some browsers say that they can, and then refuse the type.
    }
  }
  const address = URL.createObjectURL(file);
  const link = Object.assign(document.createElement("a"), { href: address, download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return "downloaded";
}
