/** Answers that come out of order: one that was asked for before a newer one that is here already counts no more. */

/**
 * To be called where a question is asked; what it gives says, once its answer is here, whether that counts. `skip` lets no
 * answer count that is under way.
 */
export interface Order {
  (): () => boolean;
  skip(): void;
}

export function makeOrder(): Order {
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
