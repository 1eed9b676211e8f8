/**
 * Views (展示规则): every implementation produces the same octets from the same view and content. No DOM, clock
 * or locale.
 */

export {
  type Comparison,
  type ComparedLine,
  compareContent,
  compareDrawn,
  type ContentKind,
  type Description,
} from "./compare/compare.ts";
export type { Mark, MarkKind } from "./compare/marks.ts";
export { type Drawn, drawView } from "./drawing/draw.ts";
export type {
  Cell,
  DrawnCheck,
  DrawnLines,
  DrawnPart,
  DrawnRow,
  MissingValue,
  Money,
  Value,
} from "./drawing/drawn.ts";
export {
  checkedOf,
  type CheckedReading,
  checkedReading,
  type DocumentOrder,
  type DocumentReading,
  isConflict,
  readDocument,
} from "./document.ts";
export { type ViewCode, ViewError } from "./errors.ts";
export { ownDocument, type OwnDocument, type OwnLine } from "./own_document.ts";
export { readView } from "./view/read_view.ts";
export type { Place, View } from "./view/view.ts";
