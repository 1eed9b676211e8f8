/** What stands under the verdict: the answers about a signature, or what something that stands alone says. */

import type { Say } from "@mshield/look/vue/words.ts";
import type { Result } from "@mshield/verify";

import { type Answer, answersOf, titleOf } from "./answers.ts";
import { saidOf } from "./said.ts";
import { isPart } from "./sentences.ts";

export interface ListedLine {
  readonly label: string;
  /** Whether the label is an identifier that nobody named. */
  readonly isOid: boolean;
  readonly judged: Pick<Answer, "question" | "state" | "isNeeded" | "source"> | null;
  readonly text: string;
  readonly more: string;
}

export function linesOf(say: Say, result: Result): ListedLine[] {
  return isPart(result)
    ? result.said.map((line) => ({ ...saidOf(say, line), judged: null, more: "" }))
    : answersOf(say, result).map((answer) => ({
        label: titleOf(say, answer.question),
        isOid: false,
        judged: answer,
        text: answer.main,
        more: answer.more,
      }));
}
