/** Lines under the verdict: answers about a signature, or contents of a standalone part. */

import type { Translator } from "@mshield/look/vue/words.ts";
import type { Result } from "@mshield/verify";

import { type Answer, answersOf, titleOf } from "./answers.ts";
import { factLine } from "./fact_lines.ts";
import { isPart } from "./sentences.ts";

export interface ListedLine {
  readonly label: string;
  /** True if the label is an identifier without a known name. */
  readonly isOid: boolean;
  readonly answer: Pick<Answer, "question" | "state" | "isNeeded" | "source"> | null;
  readonly text: string;
  readonly more: string;
}

export function linesOf(say: Translator, result: Result): ListedLine[] {
  return isPart(result)
    ? result.said.map((line) => ({ ...factLine(say, line), answer: null, more: "" }))
    : answersOf(say, result).map((answer) => ({
        label: titleOf(say, answer.question),
        isOid: false,
        answer: answer,
        text: answer.main,
        more: answer.more,
      }));
}
