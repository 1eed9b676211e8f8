/** SM3 (GB/T 32905-2016), 32 bytes: of a message in memory, or of one that comes in parts. */

const IV = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
] as const;
const BLOCK = 64;
/** T_j rotated by j (5.3.2). */
const T = Int32Array.from({ length: 64 }, (_, j) => rotate(j < 16 ? 0x79cc4519 : 0x7a879d8a, j % 32));

export function sm3(message: Uint8Array): Uint8Array {
  return new Sm3().update(message).digest();
}

/** The digest of a message that is given in parts. */
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

  /** Ends it: nothing may be added afterwards. */
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
    const x = w[j - 16]! ^ w[j - 9]! ^ rotate(w[j - 3]!, 15);
    w[j] = x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(w[j - 13]!, 7) ^ w[j - 6]!;
  }
}

function compress(state: Int32Array, w: Int32Array): void {
  let [a, b, c, d] = [state[0]!, state[1]!, state[2]!, state[3]!];
  let [e, f, g, h] = [state[4]!, state[5]!, state[6]!, state[7]!];
  for (let j = 0; j < 64; j++) {
    const early = j < 16;
    const a12 = rotate(a, 12);
    const ss1 = rotate((a12 + e + T[j]!) | 0, 7);
    const ff = early ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    const gg = early ? e ^ f ^ g : (e & f) | (~e & g);
    const tt1 = (ff + d + (ss1 ^ a12) + (w[j]! ^ w[j + 4]!)) | 0;
    const tt2 = (gg + h + ss1 + w[j]!) | 0;
    d = c;
    c = rotate(b, 9);
    b = a;
    a = tt1;
    h = g;
    g = rotate(f, 19);
    f = e;
    e = tt2 ^ rotate(tt2, 9) ^ rotate(tt2, 17);
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
