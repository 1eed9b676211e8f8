/** The result as a file of JSON: what was judged, by what, and what was asked for it. */

import { VERSION } from "@mshield/verify";
import { toRaw } from "vue";

import { asked } from "../engine/service.ts";
import type { Shown } from "../engine/messages.ts";
import { documentIn, judged, roots } from "../engine/verification.ts";

const REVOKE_MS = 10_000;
const ENDINGS: Readonly<Record<string, string>> = {
  "application/json": "json",
  "application/pdf": "pdf",
  "application/xml": "xml",
  "image/jpeg": "jpg",
  "image/png": "png",
  "text/plain": "txt",
  "text/xml": "xml",
};

/** The result, of all files. */
export function download(): void {
  const report = {
    tool: `mshield-verify-page/${VERSION}`,
    trusted_roots: roots.value,
    results: judged.value?.results ?? [],
    unused_files: judged.value?.unused ?? [],
    asked: toRaw(asked),
  };
  save("verification.json", new Blob([JSON.stringify(report, withoutText, 2)], { type: "application/json" }));
}

/** The document can be saved by itself. */
function withoutText(name: string, value: unknown): unknown {
  return name === "text" ? undefined : value;
}

/** The document in a signature's file. Whoever made the file named its type: it is saved, never opened. */
export async function saveDocument({ caseId, document, text }: Shown): Promise<void> {
  const octets = await documentIn(caseId);
  if (octets !== null) {
    const ending = ENDINGS[document?.mediaType ?? ""] ?? (text === null ? "bin" : "txt");
    save(`document.${ending}`, new Blob([octets], { type: "application/octet-stream" }));
  }
}

function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);
}
