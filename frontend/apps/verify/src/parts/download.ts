/** The result as a JSON file: what was verified, by what, and which calls were made for it. */

import { VERSION } from "@mshield/verify";
import { toRaw } from "vue";

import { serviceCalls } from "../engine/service.ts";
import type { CaseResult } from "../engine/messages.ts";
import { documentIn, verifyResult, roots } from "../engine/verification.ts";

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

/** Saves the result of all files. */
export function download(): void {
  const report = {
    tool: `mshield-verify-page/${VERSION}`,
    trusted_roots: roots.value,
    results: verifyResult.value?.results ?? [],
    unused_files: verifyResult.value?.unused ?? [],
    asked: toRaw(serviceCalls),
  };
  save("verification.json", new Blob([JSON.stringify(report, withoutText, 2)], { type: "application/json" }));
}

/** Omits the document's text, which can be saved separately. */
function withoutText(name: string, value: unknown): unknown {
  return name === "text" ? undefined : value;
}

/**
 * Saves the document inside a signature's file. It is never opened, since the file's author chose its type.
 */
export async function saveDocument({ caseId, document, text }: CaseResult): Promise<void> {
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
