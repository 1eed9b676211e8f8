/** Pictures to read: the middle of what the camera sees, or one from the album, no larger than reading needs. */

/** A code's modules are still several pixels wide at that. */
const MOST = 960;
const MOST_OF_A_PHOTO = 2400;

/** Takes the middle square of a video; keeps its canvas for the next one. */
export class Picture {
  readonly #canvas = document.createElement("canvas");
  readonly #context = this.#canvas.getContext("2d", { willReadFrequently: true });

  /** Null as long as the video has no picture. */
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

/** A picture from the album; null for a file that is none. */
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
