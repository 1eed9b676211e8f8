/** A document of all that views draw, by which a worker warms up. */

import { type DocumentOrder } from "@mshield/views";

const GOODS = 24;

const VIEW = {
  type: "mshield-view/v1",
  id: "sample/goods",
  version: 1,
  content: "xml",
  title: "Goods",
  root: "D",
  amount: { label: "Total", path: "T", currency: { path: "../C" } },
  body: [
    { label: "Facts", rows: [{ label: "Number", path: "N", role: "number" }] },
    {
      label: "Goods",
      table: "G",
      columns: [
        { label: "Name", path: "B", at: "name" },
        { label: "Code", path: "A", as: "code", list: "codes" },
        { label: "Quantity", path: "Q", as: "decimal", unit: { path: "../U", list: "units" } },
        { label: "Price", path: "P", as: "amount", currency: { path: "../../C" }, at: "end" },
        { label: "On", path: "O", as: "date" },
      ],
    },
  ],
  checks: [{ label: "Sum", sum: [{ path: "G/P" }], equals: { path: "T" } }],
  ignore: ["X"],
  lists: { codes: { "73181500": "Screws" }, units: { "035": "kg" } },
};
const ITEM =
  "<G><A>73181500</A><B>Screws &amp; nuts</B><Q>1200.5</Q><U>035</U><P>1012.50</P><O>2026-11-01</O></G>\n";
const CONTENT = `<?xml version="1.0" encoding="UTF-8"?>
<D><N a="1">E1</N><C>USD</C><T>24300.00</T><X>-</X>
${ITEM.repeat(GOODS)}</D>`;

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

export const SAMPLE: DocumentOrder = {
  kind: "xml",
  content: octets(CONTENT),
  view: octets(JSON.stringify(VIEW)),
  said: { title: "Goods for USD 25.75", lines: [["Total", "USD 24,300.00"]] },
  signedXml: null,
};
