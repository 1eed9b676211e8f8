/** SM3 (GB/T 32905-2016), 32 bytes, of a message in memory or one that arrives in parts. */

const IV = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
] as const;
const BLOCK = 64;
/** Constants T_j, rotated by j (5.3.2). */
const T = Int32Array.from({ length: 64 }, (_, j) => rotate(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32));

export function sm3(message: Uint8Array): Uint8Array {
  return new Sm3().update(message).digest();
}

/** Hash of a message that is passed in parts. */
export class Sm3 {
  readonly #state = Int32Array.from(IV);
  readonly #w = new Int32Array(68);
  readonly #rest = new Uint8Array(BLOCK);
  #restLength = 0;
  #bytes = 0;

  update(part: Uint8Array): this {
    this.#bytes += part.length;
    let at = 0;
    if (this.#restLength > 0) {
      at = Math.min(part.length, BLOCK - this.#restLength);
      this.#rest.set(part.subarray(0, at), this.#restLength);
      this.#restLength += at;
      if (this.#restLength < BLOCK) {
        return this;
      }
      this.#blocks(this.#rest);
    }
    const whole = part.length - ((part.length - at) % BLOCK);
    this.#blocks(part.subarray(at, whole));
    this.#rest.set(part.subarray(whole));
    this.#restLength = part.length - whole;
    return this;
  }

  /** Returns the digest. Nothing may be added afterwards. */
  digest(): Uint8Array {
    const bits = BigInt(this.#bytes) * 8n;
    const padded = new Uint8Array(this.#restLength + 9 > BLOCK ? 2 * BLOCK : BLOCK);
    padded.set(this.#rest.subarray(0, this.#restLength));
    padded[this.#restLength] = 0x80;
    new DataView(padded.buffer).setBigUint64(padded.length - 8, bits);
    this.#blocks(padded);
    this.#rest.fill(0);
    const digest = new Uint8Array(32);
    const out = new DataView(digest.buffer);
    this.#state.forEach((word, i) => out.setInt32(4 * i, word));
    return digest;
  }

  #blocks(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; at += BLOCK) {
      expand(this.#w, view, at);
      compress(this.#state, this.#w);
    }
    this.#w.fill(0);
  }
}

function expand(w: Int32Array, view: DataView, at: number): void {
  for (let j = 0; j < 16; j++) {
    w[j] = view.getInt32(at + 4 * j);
  }
  for (let j = 16; j < 68; j++) {
    const y = w[j - 3]!;
    const z = w[j - 13]!;
    const x = w[j - 16]! ^ w[j - 9]! ^ ((y << 15) | (y >>> 17));
    const p = x ^ ((x << 15) | (x >>> 17)) ^ ((x << 23) | (x >>> 9));
    w[j] = p ^ ((z << 7) | (z >>> 25)) ^ w[j - 6]!;
  }
}

/**
 * Compresses one block. The rotations are written out, since a browser calls each helper until it has
 * optimised this.
 */
function compress(state: Int32Array, w: Int32Array): void {
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let j = 0; j < 64; j++) {
    const a12 = (a << 12) | (a >>> 20);
    const sum = (a12 + e + T[j]!) | 0;
    const ss1 = (sum << 7) | (sum >>> 25);
    const ff = j < 16 ? a ^ b ^ c : (a & b) | ((a | b) & c);
    const gg = j < 16 ? e ^ f ^ g : g ^ (e & (f ^ g));
    const word = w[j]!;
    const tt1 = (ff + d + (ss1 ^ a12) + (word ^ w[j + 4]!)) | 0;
    const tt2 = (gg + h + ss1 + word) | 0;
    d = c;
    c = (b << 9) | (b >>> 23);
    b = a;
    a = tt1;
    h = g;
    g = (f << 19) | (f >>> 13);
    f = e;
    e = tt2 ^ ((tt2 << 9) | (tt2 >>> 23)) ^ ((tt2 << 17) | (tt2 >>> 15));
  }
  state[0]! ^= a;
  state[1]! ^= b;
  state[2]! ^= c;
  state[3]! ^= d;
  state[4]! ^= e;
  state[5]! ^= f;
  state[6]! ^= g;
  state[7]! ^= h;
}

function rotate(x: number, n: number): number {
  return (x << n) | (x >>> (32 - n));
}
