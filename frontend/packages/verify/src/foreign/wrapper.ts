/**
 * Reader of the wrapper of a SignedData, which may be BER: indefinite lengths, octets in pieces.
 * Certificates, attributes and the signature inside are returned as strict DER. No recursion, one pass.
 */

import { FormError } from "@mshield/forms";
import { concat } from "@mshield/gm";

import { MAX_DEPTH, OCTET_STRING, Reader } from "../reader.ts";

const PIECES = 0x20 | OCTET_STRING;
const INDEFINITE = 0x80;

export class Wrapper {
  readonly #data: Uint8Array;
  /** Ends of the entered values; null for one of indefinite length. */
  readonly #ends: (number | null)[] = [];
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  /** Identifier octet of the next value, or null at the end. */
  get next(): number | null {
    const isOver = this.#at >= this.#limit || (this.#ends.length > 0 && !this.more);
    return isOver ? null : this.#data[this.#at]!;
  }

  /** True if another value follows before the end of the entered one. */
  get more(): boolean {
    const end = this.#ends.at(-1)!;
    return end === null ? !this.#isEnd(this.#data.length) : this.#at < end;
  }

  /** Enters the next value, which must have this constructed identifier octet. */
  enter(tag = 0x30): void {
    if (this.next !== tag || (tag & 0x20) === 0) {
      throw new FormError(`expected constructed tag ${tag.toString(16)}`);
    }
    if (this.#ends.length >= MAX_DEPTH) {
      throw new FormError("nested too deeply");
    }
    this.#at += 1;
    const length = this.#length();
    this.#ends.push(length === null ? null : this.#at + length);
  }

  /** Leaves the value, which must be consumed entirely. */
  leave(): void {
    const end = this.#ends.pop();
    if (end === null && this.#isEnd(this.#limit)) {
      this.#at += 2;
    } else if (this.#at !== end) {
      throw new FormError("trailing bytes, or no end of contents");
    }
  }

  /** Refuses trailing bytes. */
  end(): void {
    if (this.#at !== this.#data.length) {
      throw new FormError("trailing bytes");
    }
  }

  /** Returns the next value, in strict DER, with this identifier octet. */
  strict(tag: number): Uint8Array {
    const value = new Reader(this.#data.subarray(this.#at, this.#limit), this.#ends.length).raw(tag);
    this.#at += value.length;
    return value;
  }

  /** Returns the next OCTET STRING, whole or in pieces. */
  octets(): Uint8Array {
    const pieces: Uint8Array[] = [];
    const depth = this.#ends.length;
    do {
      const tag = this.next;
      if (tag === PIECES) {
        this.enter(PIECES);
      } else if (tag === OCTET_STRING) {
        pieces.push(this.#piece());
      } else {
        throw new FormError("expected an OCTET STRING");
      }
      while (this.#ends.length > depth && !this.more) {
        this.leave();
      }
    } while (this.#ends.length > depth);
    return pieces.length === 1 ? pieces[0]! : concat(...pieces);
  }

  #piece(): Uint8Array {
    this.#at += 1;
    const length = this.#length();
    if (length === null) {
      throw new FormError("a primitive value has no end");
    }
    this.#at += length;
    return this.#data.subarray(this.#at - length, this.#at);
  }

  /** End of the innermost value of known length. */
  get #limit(): number {
    return this.#ends.findLast((end) => end !== null) ?? this.#data.length;
  }

  #isEnd(limit: number): boolean {
    return this.#at + 2 <= limit && this.#data[this.#at] === 0 && this.#data[this.#at + 1] === 0;
  }

  /** Reads a length; null for an indefinite one. */
  #length(): number | null {
    const limit = this.#limit;
    const first = this.#at < limit ? this.#data[this.#at]! : 0xff;
    this.#at += 1;
    if (first === INDEFINITE) {
      return null;
    }
    let length = first;
    if (first > INDEFINITE) {
      const count = first & 0x7f;
      if (count > 4 || limit - this.#at < count) {
        throw new FormError("a length is longer than 4 octets, or cut short");
      }
      length = this.#data.subarray(this.#at, this.#at + count).reduce((sum, octet) => sum * 256 + octet, 0);
      this.#at += count;
    }
    if (limit - this.#at < length) {
      throw new FormError("a value reaches past its end");
    }
    return length;
  }
}
