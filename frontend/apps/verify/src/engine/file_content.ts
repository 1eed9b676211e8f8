/** A file as content: hashed in pieces in place, each hash once, with progress. */

import { hex, Sm3 } from "@mshield/gm";
import { type Content, newSha256 } from "@mshield/verify";

const PIECE = 4 * 1024 * 1024;
const HEAD = 4096;

interface Hash {
  update(piece: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** Reading ended because the file was removed. */
export class Dropped extends Error {
  override readonly name = "Dropped";
}

export class FileContent implements Content {
  readonly size: number;
  readonly head: Uint8Array;
  readonly #file: Blob;
  readonly #onProgress: (done: number) => void;
  readonly #hashes = new Map<string, Promise<Uint8Array>>();
  #isDropped = false;

  private constructor(file: Blob, head: Uint8Array, onProgress: (done: number) => void) {
    this.#file = file;
    this.size = file.size;
    this.head = head;
    this.#onProgress = onProgress;
  }

  static async of(file: Blob, onProgress: (done: number) => void = () => {}): Promise<FileContent> {
    return new FileContent(file, new Uint8Array(await file.slice(0, HEAD).arrayBuffer()), onProgress);
  }

  hash(prefix: Uint8Array): Promise<Uint8Array> {
    return this.#once(hex(prefix), () => this.#hash(new Sm3().update(prefix)));
  }

  sha256(): Promise<Uint8Array> {
    return this.#once("sha256", () => this.#hash(newSha256()));
  }

  #once(name: string, work: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#hashes.get(name);
    if (known !== undefined) {
      return known;
    }
    const begun = work();
    this.#hashes.set(name, begun);
    begun.catch(() => this.#hashes.delete(name));
    return begun;
  }

  /** Stops reading. */
  drop(): void {
    this.#isDropped = true;
  }

  async #hash(hash: Hash): Promise<Uint8Array> {
    for (let at = 0; at < this.size; at += PIECE) {
      if (this.#isDropped) {
        throw new Dropped();
      }
      hash.update(new Uint8Array(await this.#file.slice(at, at + PIECE).arrayBuffer()));
      this.#onProgress(Math.min(at + PIECE, this.size));
    }
    return hash.digest();
  }
}
