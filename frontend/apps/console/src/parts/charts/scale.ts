/** Where values stand on a chart. */

const FACTORS = [2, 2.5, 2];

/** Round steps for an axis from 0 (1, 2, 5, 10, 20 …): at most five marks, and the last is at least `most`. */
export function axis(most: number): number[] {
  let step = 1;
  for (let n = 0; step * 4 < most; n += 1) step *= FACTORS[n % FACTORS.length]!;
  return Array.from({ length: Math.max(1, Math.ceil(most / step)) + 1 }, (_, n) => n * step);
}

/** A line through points, with a gap where there is none. */
export function path(points: readonly (readonly [x: number, y: number] | null)[]): string {
  let isOpen = false;
  return points
    .map((point) => {
      if (point === null) {
        isOpen = false;
        return "";
      }
      const step = `${isOpen ? "L" : "M"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
      isOpen = true;
      return step;
    })
    .join("");
}
