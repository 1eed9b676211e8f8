/**
 * Reading QR codes: ZXing-C++ as WebAssembly, loaded when it is first needed, from this app's own files.
 *
 * The browsers' own BarcodeDetector is left out: it exists on few platforms, and what it finds differs between them.
 */

import wasmAddress from "zxing-wasm/reader/zxing_reader.wasm?url";

/** The texts of the codes in a picture; none where there is none. */
export type Reader = (picture: ImageData | Blob) => Promise<string[]>;

let loading: Promise<Reader> | null = null;

/** The reader, once it is here; asked for again after a failure. */
export async function reader(): Promise<Reader> {
  loading ??= load();
  try {
    return await loading;
  } catch (error) {
    loading = null;
    throw error;
  }
}

/** Without this it would be fetched from a public network of copies. */
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
