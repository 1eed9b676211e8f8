/** Order of answers: an answer to an older question is discarded once a newer one has arrived. */

/**
 * Call it when a question is sent; the returned function reports, once the answer has arrived, whether to use
 * it. `skip` discards all pending answers.
 */
export interface AnswerOrder {
  (): () => boolean;
  skip(): void;
}

export function makeAnswerOrder(): AnswerOrder {
  let [asked, answered] = [0, 0];
  function begin(): () => boolean {
    const mine = ++asked;
    return () => {
      if (mine <= answered) {
        return false;
      }
      answered = mine;
      return true;
    };
  }
  return Object.assign(begin, { skip: () => void (answered = asked) });
}
