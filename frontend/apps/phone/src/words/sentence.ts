/** What an error says, in the language of the app. */

import type { ShieldError } from "@mshield/shield";

import { settings } from "../settings.ts";

export function sentence(problem: ShieldError): string {
  return settings.language === "zh" ? problem.zh : problem.en;
}
