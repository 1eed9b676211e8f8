/** Saves a text or bytes as a file by the browser's download. */
export function save(name: string, mediaType: string, content: string | Uint8Array): void {
  const address = URL.createObjectURL(new Blob([content as BlobPart], { type: mediaType }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // By the next task the browser has read it.
  setTimeout(() => URL.revokeObjectURL(address));
}
