/** Limits of views (views, first table). */

export const CONTENT_OCTETS = 5_242_880;
export const VIEW_OCTETS = 65_536;
export const DEPTH = 64;
/** Maximum number of elements, attributes and comments together, or of JSON values. */
export const NODES = 200_000;
/** Maximum code points of a name or a namespace's name in content. */
export const NAME = 200;
/** Maximum attributes and declarations of one element. */
export const ATTRIBUTES = 256;
/** Maximum prefixes in scope, including `xml` and the default. */
export const PREFIXES = 100;
/** Maximum rows and cells, including those left out, and lines of `rest`. */
export const DRAWN_ROWS = 100_000;
export const STEPS = 64;
export const PATH = 1000;
/** Maximum lines of the requester's description that are compared. */
export const DESCRIPTION_LINES = 64;
