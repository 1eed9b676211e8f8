/**
 * Pictures to decode: the middle of the camera's view, or one from the album, scaled down to what decoding
 * needs.
 */

/** Maximum sides in pixels; a code's modules are still several pixels wide. */
const MOST = 960;
const MOST_OF_A_PHOTO = 2400;

/** Captures the middle square of a video; reuses its canvas. */
export class Picture {
  readonly #canvas = document.createElement("canvas");
  readonly #context = this.#canvas.getContext("2d", { willReadFrequently: true });

  /** Captures a picture; null while the video has none. */
  of(video: HTMLVideoElement): ImageData | null {
    const { videoWidth: width, videoHeight: height } = video;
    const from = Math.min(width, height);
    if (from === 0 || this.#context === null) {
      return null;
    }
    const side = Math.min(from, MOST);
    if (this.#canvas.width !== side) {
      this.#canvas.width = side;
      this.#canvas.height = side;
    }
    this.#context.drawImage(video, (width - from) / 2, (height - from) / 2, from, from, 0, 0, side, side);
    return this.#context.getImageData(0, 0, side, side);
  }
}

/** Reads a picture from the album; null if the file isn't one. */
export async function photo(file: Blob): Promise<ImageData | null> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return null;
  }
  const scale = Math.min(1, MOST_OF_A_PHOTO / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return context?.getImageData(0, 0, canvas.width, canvas.height) ?? null;
}
