/** The result as a file of JSON: what was judged, by what, and what was asked for it. */

import { VERSION } from "@mshield/verify";
import { toRaw } from "vue";

import { asked } from "../engine/service.ts";
import { judged, roots } from "../engine/verification.ts";

const REVOKE_MS = 10_000;

export function download(): void {
  const report = {
    tool: `mshield-verify-page/${VERSION}`,
    trusted_roots: roots.value,
    results: judged.value?.results ?? [],
    unused_files: judged.value?.unused ?? [],
    asked: toRaw(asked),
  };
  const url = URL.createObjectURL(new Blob([JSON.stringify(report, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "verification.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);
}
