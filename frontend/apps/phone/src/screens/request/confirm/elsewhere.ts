/** Handing a document's bytes to another app on the phone, by the share sheet or as a download. */

import type { Task } from "@mshield/shield";

/** File extensions by media type; other types get none. */
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

/**
 * Returns the content as it is signed, as a file named by the start of its digest: the requester's title must
 * not name a file on the phone.
 */
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

/** Opens the share sheet, or downloads the file. Closing the sheet isn't a failure. */
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
      // Some browsers claim to support sharing and then refuse the type.
    }
  }
  const address = URL.createObjectURL(file);
  const link = Object.assign(document.createElement("a"), { href: address, download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return "downloaded";
}
