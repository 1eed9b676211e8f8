/** The limits of views (views, first table). */

export const CONTENT_OCTETS = 5_242_880;
export const VIEW_OCTETS = 65_536;
export const DEPTH = 64;
/** Elements, attributes and comments; or JSON values. */
export const NODES = 200_000;
/** Code points of a name or a namespace name in content. */
export const NAME = 200;
/** Attributes and declarations of one element. */
export const ATTRIBUTES = 256;
/** Prefixes in scope, with `xml` and the default. */
export const PREFIXES = 100;
/** Rows and cells, also those left out, and lines of `rest`. */
export const DRAWN = 100_000;
export const STEPS = 64;
export const PATH = 1000;
/** The asker's lines that are compared. */
export const SAID = 64;
