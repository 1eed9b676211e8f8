/** Gives a text, or octets, to the browser as a file to keep. */
export function save(name: string, mediaType: string, content: string | Uint8Array): void {
  const address = URL.createObjectURL(new Blob([content as BlobPart], { type: mediaType }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken it by the time of the next task.
  setTimeout(() => URL.revokeObjectURL(address));
}
