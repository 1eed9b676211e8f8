/** Decimal numbers of any size, exactly: read as they are written, added, and written again. */

const PLAIN = /^(-?)([0-9]{1,30})(?:\.([0-9]{1,12}))?$/;
const PARTED = /^(-?)([0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]{1,12}))?$/;
const WHOLE = 30;

/** A number by its digits: sign, whole part, and what stands after the point. */
export interface Decimal {
  readonly isMinus: boolean;
  /** Without zeros before it. */
  readonly whole: string;
  readonly fraction: string;
}

/** Null for what is no number; `separators` allows commas every three digits. */
export function readDecimal(text: string, separators: boolean): Decimal | null {
  const match = PLAIN.exec(text) ?? (separators ? PARTED.exec(text) : null);
  if (match === null) {
    return null;
  }
  const [, sign, digits = "", fraction = ""] = match;
  const plain = digits.replaceAll(",", "");
  if (plain.length > WHOLE) {
    return null;
  }
  const whole = plain.replace(/^0+(?=.)/, "");
  const isZero = whole === "0" && /^0*$/.test(fraction);
  return { isMinus: sign === "-" && !isZero, whole, fraction };
}

/** Without separators; no minus before zero. */
export const plainNumber = ({ isMinus, whole, fraction }: Decimal): string =>
  `${isMinus ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;

/** With a comma every three digits. */
export const commaNumber = (number: Decimal): string =>
  plainNumber({ ...number, whole: number.whole.replaceAll(/\B(?=(?:[0-9]{3})+$)/g, ",") });

/** A sum; the larger scale stays. */
export class Sum {
  #value = 0n;
  #scale = 0;

  add({ isMinus, whole, fraction }: Decimal): void {
    const scale = Math.max(this.#scale, fraction.length);
    const digits = BigInt(`${whole}${fraction}`) * power(scale - fraction.length);
    this.#value = this.#value * power(scale - this.#scale) + (isMinus ? -digits : digits);
    this.#scale = scale;
  }

  get decimal(): Decimal {
    const isMinus = this.#value < 0n;
    const digits = String(isMinus ? -this.#value : this.#value).padStart(this.#scale + 1, "0");
    const point = digits.length - this.#scale;
    return { isMinus, whole: digits.slice(0, point), fraction: digits.slice(point) };
  }

  equals(other: Sum): boolean {
    return this.#value * power(other.#scale) === other.#value * power(this.#scale);
  }
}

const power = (exponent: number): bigint => 10n ** BigInt(exponent);
