/** Exact decimal numbers of any size: read as written, added, and written again. */

const PLAIN = /^(-?)([0-9]{1,30})(?:\.([0-9]{1,12}))?$/;
const PARTED = /^(-?)([0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]{1,12}))?$/;
const WHOLE = 30;

/** A number by its digits: sign, whole part, and the digits after the point. */
export interface Decimal {
  readonly isMinus: boolean;
  /** Without leading zeros. */
  readonly whole: string;
  readonly fraction: string;
}

/** Reads a number; null if it isn't one. `separators` allows commas every three digits. */
export function readDecimal(text: string, separators: boolean): Decimal | null {
  const match = PLAIN.exec(text) ?? (separators ? PARTED.exec(text) : null);
  if (match === null) {
    return null;
  }
  const [, sign, digits = "", fraction = ""] = match;
  const plain = separators ? digits.replaceAll(",", "") : digits;
  if (plain.length > WHOLE) {
    return null;
  }
  const whole = plain.startsWith("0") ? plain.replace(/^0+(?=.)/, "") : plain;
  return { isMinus: sign === "-" && !(whole === "0" && /^0*$/.test(fraction)), whole, fraction };
}

/** Writes a number without separators, and zero without a minus. */
export const plainNumber = ({ isMinus, whole, fraction }: Decimal): string =>
  written(isMinus, whole, fraction);

/** Writes a number with a comma every three digits. */
export function commaNumber({ isMinus, whole, fraction }: Decimal): string {
  let end = whole.length - 3;
  if (end <= 0) {
    return written(isMinus, whole, fraction);
  }
  let parted = whole.slice(end);
  for (; end > 3; end -= 3) {
    parted = `${whole.slice(end - 3, end)},${parted}`;
  }
  return written(isMinus, `${whole.slice(0, end)},${parted}`, fraction);
}

function written(isMinus: boolean, whole: string, fraction: string): string {
  const number = fraction === "" ? whole : `${whole}.${fraction}`;
  return isMinus ? `-${number}` : number;
}

/** Running sum of decimals, with the largest scale of its terms. */
export class Sum {
  #value = 0n;
  #scale = 0;

  add({ isMinus, whole, fraction }: Decimal): void {
    const scale = Math.max(this.#scale, fraction.length);
    const digits = scaled(BigInt(whole + fraction), scale - fraction.length);
    this.#value = scaled(this.#value, scale - this.#scale) + (isMinus ? -digits : digits);
    this.#scale = scale;
  }

  get decimal(): Decimal {
    const isMinus = this.#value < 0n;
    const digits = String(isMinus ? -this.#value : this.#value).padStart(this.#scale + 1, "0");
    const point = digits.length - this.#scale;
    return { isMinus, whole: digits.slice(0, point), fraction: digits.slice(point) };
  }

  equals(other: Sum): boolean {
    return scaled(this.#value, other.#scale) === scaled(other.#value, this.#scale);
  }
}

const scaled = (value: bigint, exponent: number): bigint =>
  exponent === 0 ? value : value * 10n ** BigInt(exponent);
