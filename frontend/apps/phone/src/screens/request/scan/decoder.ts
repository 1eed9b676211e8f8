/**
 * QR code reader: ZXing-C++ as WebAssembly, loaded from this app's own files when first needed.
 *
 * The browsers' own BarcodeDetector isn't used: it exists on few platforms, and its results differ between
 * them.
 */

import wasmAddress from "zxing-wasm/reader/zxing_reader.wasm?url";

/** Function that returns the texts of the codes in a picture; empty if there are none. */
export type Reader = (picture: ImageData | Blob) => Promise<string[]>;

let loading: Promise<Reader> | null = null;

/** Loads the reader. After a failure, the next call tries again. */
export async function reader(): Promise<Reader> {
  loading ??= load();
  try {
    return await loading;
  } catch (error) {
    loading = null;
    throw error;
  }
}

/** Overrides the library's default address, which is a public CDN. */
function locateFile(file: string, folder: string): string {
  return file.endsWith(".wasm") ? wasmAddress : folder + file;
}

async function load(): Promise<Reader> {
  const { prepareZXingModule, readBarcodes } = await import("zxing-wasm/reader");
  await prepareZXingModule({ overrides: { locateFile }, fireImmediately: true });
  return async (picture) => {
    const codes = await readBarcodes(picture, { formats: ["QRCode"], maxNumberOfSymbols: 4 });
    return codes.map(({ text }) => text);
  };
}
