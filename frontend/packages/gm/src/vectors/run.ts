/** Runs a vector file of `MSHIELD/v1`: every case of every section. Returns what failed. */

import { USER_ID } from "../sm2.ts";
import { Case } from "./case.ts";
import { REJECTIONS } from "./rejections.ts";
import { RESULTS } from "./results.ts";

const CHECKS = { ...RESULTS, ...REJECTIONS };
const HEAD: Readonly<Record<string, string>> = { protocol: "MSHIELD/v1", sm2_user_id: USER_ID };

export interface Outcome {
  passed: number;
  readonly failures: string[];
}

/** Runs all cases of a file's JSON `text`. An unknown section fails, so that nothing is skipped. */
export async function runVectors(text: string): Promise<Outcome> {
  const file = JSON.parse(text) as Record<string, unknown>;
  const outcome: Outcome = { passed: 0, failures: [] };
  for (const [section, content] of Object.entries(file)) {
    const head = HEAD[section];
    if (head === undefined) {
      await runSection(section, content, file, outcome);
    } else if (content !== head) {
      outcome.failures.push(`${section}: ${JSON.stringify(content)} instead of ${head}`);
    }
  }
  return outcome;
}

async function runSection(
  section: string,
  content: unknown,
  file: Readonly<Record<string, unknown>>,
  outcome: Outcome,
): Promise<void> {
  const check = Object.hasOwn(CHECKS, section) ? CHECKS[section] : undefined;
  if (check === undefined || !Array.isArray(content)) {
    outcome.failures.push(`${section}: not a section of ${HEAD["protocol"]}`);
    return;
  }
  for (const [index, value] of content.entries()) {
    try {
      await check(new Case(value, file));
      outcome.passed += 1;
    } catch (error) {
      outcome.failures.push(
        `${section}[${index}]: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
