/** Structure of a document's text: lines `## heading`, `- item`, and paragraphs. */

export type Block =
  | { readonly kind: "heading" | "paragraph"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly string[] };

export function blocksOf(body: string): Block[] {
  return body
    .split(/\n{2,}/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part): Block => {
      if (part.startsWith("## ")) {
        return { kind: "heading", text: part.slice(3).trim() };
      }
      const lines = part.split("\n");
      return lines.every((line) => line.startsWith("- "))
        ? { kind: "list", items: lines.map((line) => line.slice(2).trim()) }
        : { kind: "paragraph", text: lines.join(" ") };
    });
}
