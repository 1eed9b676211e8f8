/** Order of the keypad's ten keys: 1 to 9, then 0; or shuffled with the browser's random generator. */

const USUAL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0];

export function keyOrder(isShuffled: boolean): number[] {
  const keys = [...USUAL];
  if (isShuffled) {
    // Fisher–Yates shuffle.
    for (let i = keys.length - 1; i > 0; i--) {
      const j = randomBelow(i + 1);
      [keys[i], keys[j]] = [keys[j]!, keys[i]!];
    }
  }
  return keys;
}

/** Returns a uniformly random integer from 0 to `most` - 1, by rejection sampling. */
function randomBelow(most: number): number {
  const limit = 256 - (256 % most);
  for (;;) {
    const [drawn] = crypto.getRandomValues(new Uint8Array(1));
    if (drawn! < limit) {
      return drawn! % most;
    }
  }
}
