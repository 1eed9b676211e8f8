/**
 * A sample document that uses all features of views, to warm up a worker. It is in Chinese, since browsers
 * optimise code for Latin text separately.
 */

import { type DocumentOrder } from "@mshield/views";

const GOODS = 24;

const VIEW = {
  type: "mshield-view/v1",
  id: "sample/goods",
  version: 1,
  content: "xml",
  title: "样单",
  root: "单",
  require: [{ path: "@版", is: "1.0" }],
  amount: { label: "总价", path: "总价", currency: { path: "@币制" } },
  body: [
    {
      label: "要点",
      rows: [
        { label: "编号", path: "头/编号", role: "number" },
        { label: "日期", path: "头/日期", as: "date" },
        { label: "备注", path: "头/备注", missing: "show" },
        { label: "海关", path: "头/海关/@代码", as: "code", list: "海关", says: ".." },
      ],
    },
    {
      label: "商品",
      table: "商品",
      columns: [
        { label: "名称", path: "名称", at: "name" },
        { label: "项号", path: "@项号", at: "note" },
        { label: "数量", path: "数量", as: "decimal", unit: { path: "@单位" }, at: "middle" },
        { label: "总价", path: "总价", as: "amount", currency: { path: "../币制/@代码" }, at: "end" },
        { label: "币制", path: "币制/@代码", as: "code", list: "币制", says: ".." },
        { label: "规格", path: "规格", missing: "skip" },
      ],
    },
  ],
  checks: [
    {
      label: "总价之和",
      sum: [{ path: "商品/总价", currency: { path: "../币制/@代码" } }],
      equals: { path: "总价", currency: { path: "@币制" } },
    },
  ],
  ignore: ["头/内部"],
  lists: { 海关: { "3104": "北仑海关" }, 币制: { USD: "美元" } },
};
const ITEM = `  <商品 项号="1">
    <名称>螺钉 &amp; 螺母</名称>
    <数量 单位="千克">1200.5</数量>
    <总价>1012.50</总价>
    <币制 代码="USD">美元</币制>
    <规格>M8</规格>
  </商品>
`;
const CONTENT = `<?xml version="1.0" encoding="UTF-8"?>
<单 版="1.0">
  <头>
    <编号>E1</编号>
    <日期>2026-11-01</日期>
    <备注 />
    <海关 代码="3104">北仑海关</海关>
    <内部>-</内部>
  </头>
${ITEM.repeat(GOODS)}  <总价 币制="USD">24300.00</总价>
</单>`;

const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

export const SAMPLE: DocumentOrder = {
  kind: "xml",
  content: octets(CONTENT),
  view: octets(JSON.stringify(VIEW)),
  said: { title: "样单 USD 25.75", lines: [["总价", "USD 24,300.00"]] },
  signedXml: null,
};
