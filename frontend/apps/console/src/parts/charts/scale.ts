/** Positions of values on a chart. */

const FACTORS = [2, 2.5, 2];

/**
 * Returns round steps for an axis from 0 (1, 2, 5, 10, 20 …): at most five marks, the last at least `most`.
 */
export function axis(most: number): number[] {
  let step = 1;
  for (let n = 0; step * 4 < most; n += 1) step *= FACTORS[n % FACTORS.length]!;
  return Array.from({ length: Math.max(1, Math.ceil(most / step)) + 1 }, (_, n) => n * step);
}

/** Returns a line through points, with gaps for missing ones. */
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

/** Returns the widths of parts in a bar of 100: each visible, and together never more than the bar. */
export function widths(values: readonly number[], least = 1): number[] {
  const all = values.reduce((sum, value) => sum + value, 0);
  if (all === 0) return values.map(() => 0);
  const shares = values.map((value) => (100 * value) / all);
  const wide = shares.map((share) => (share > 0 ? Math.max(least, share) : 0));
  const over = wide.reduce((sum, width) => sum + width, 0) - 100;
  const widest = wide.indexOf(Math.max(...wide));
  return wide.map((width, n) => (n === widest ? width - over : width));
}
