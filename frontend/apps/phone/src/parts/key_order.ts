/** The order of the keypad's ten keys: 1 to 9, then 0; or drawn by the browser's random generator. */

const USUAL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0];

export function keyOrder(isShuffled: boolean): number[] {
  const keys = [...USUAL];
  if (isShuffled) {
    // Fisher and Yates.
    for (let i = keys.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [keys[i], keys[j]] = [keys[j]!, keys[i]!];
    }
  }
  return keys;
}

/** Uniform in 0 to `most` - 1, by rejection. */
function below(most: number): number {
  const limit = 256 - (256 % most);
  for (;;) {
    const [drawn] = crypto.getRandomValues(new Uint8Array(1));
    if (drawn! < limit) {
      return drawn! % most;
    }
  }
}
