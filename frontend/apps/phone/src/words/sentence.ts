/** Returns the message of an error in the app's language. */

import type { ShieldError } from "@mshield/shield";

import { settings } from "../settings.ts";

export function sentence(problem: ShieldError): string {
  return settings.language === "zh" ? problem.zh : problem.en;
}
