/** Body of a view: the amount, groups, tables and checks. */

import { CURRENCY_NAMES } from "../currencies.ts";
import type { Json } from "../content/json_reader.ts";
import type {
  AmountRule,
  CheckRule,
  ColumnRule,
  Currency,
  List,
  Part,
  Reading,
  RowRule,
  SidePath,
  Term,
  Unit,
  View,
} from "./view.ts";
import { badView, type Members, membersOf, textOf } from "./members.ts";
import type { Paths } from "./paths.ts";

const ALL_ROWS = 300;
/** Additional members of rows and columns, by `as`. */
const READINGS = {
  text: "",
  decimal: " unit separators",
  amount: " currency! separators",
  date: "",
  code: " list! says unknown",
};
const HAS_ROLE = new Set(["text", "code"]);

export type Body = Pick<View, "amount" | "body" | "checks">;

export class BodyReader {
  readonly #paths: Paths;
  readonly #lists: ReadonlyMap<string, List>;

  constructor(paths: Paths, lists: ReadonlyMap<string, List>) {
    this.#paths = paths;
    this.#lists = lists;
  }

  read(members: Members): Body {
    const amount = members.get("amount");
    const body = members.items("body", 1, 40).map((part) => this.#part(part));
    const rows = body.flatMap((part) => ("rows" in part ? part.rows : []));
    const columns = body.flatMap((part) => ("rows" in part ? [] : part.columns));
    const roles = rows.flatMap(({ role }) => role ?? []);
    if (rows.length + columns.length > ALL_ROWS || new Set(roles).size < roles.length) {
      throw badView();
    }
    const checks = members.items("checks", 0, 20).map((check) => this.#check(check));
    return { amount: amount === undefined ? null : this.#amount(amount), body, checks };
  }

  #amount(value: Json): AmountRule {
    const members = membersOf(value, "label! path! currency! sum separators");
    return {
      label: members.word("label"),
      path: this.#paths.read(members.text("path")),
      currency: this.#currency(members.get("currency")!),
      sum: members.flag("sum"),
      separators: members.flag("separators"),
    };
  }

  #part(value: Json): Part {
    if (value.kind === "object" && value.members.has("rows")) {
      const members = membersOf(value, "label! rows!");
      const rows = members.items("rows", 1, 100).map((row) => this.#row(row));
      return { label: members.word("label"), rows };
    }
    const members = membersOf(value, "label! table! columns! missing");
    return {
      label: members.word("label"),
      table: this.#paths.read(members.text("table"), {}),
      mayBeEmpty: members.choice("missing", ["refuse", "show"]) === "show",
      columns: members.items("columns", 1, 30).map((column) => this.#column(column)),
    };
  }

  #row(value: Json): RowRule {
    const as = asOf(value);
    const members = membersOf(
      value,
      `label! path! as missing many${HAS_ROLE.has(as) ? " role" : ""}${READINGS[as]}`,
    );
    const role = members.has("role") ? members.choice("role", ["number", "party"]) : null;
    const many = members.flag("many");
    if (many && role !== null) {
      throw badView();
    }
    return { ...this.#rule(members, as), many, role };
  }

  #column(value: Json): ColumnRule {
    const as = asOf(value);
    const members = membersOf(value, `label! path! as missing at${READINGS[as]}`);
    return {
      ...this.#rule(members, as),
      at: members.choice("at", ["more", "name", "note", "middle", "end"]),
    };
  }

  #rule(members: Members, as: Reading["as"]): Omit<RowRule, "many" | "role"> {
    return {
      label: members.word("label"),
      path: this.#paths.read(members.text("path")),
      missing: members.choice("missing", ["refuse", "skip", "show"]),
      reading: this.#reading(members, as),
    };
  }

  #reading(members: Members, as: Reading["as"]): Reading {
    switch (as) {
      case "decimal": {
        const unit = members.get("unit");
        return {
          as,
          unit: unit === undefined ? null : this.#unit(unit),
          separators: members.flag("separators"),
        };
      }
      case "amount":
        return {
          as,
          currency: this.#currency(members.get("currency")!),
          separators: members.flag("separators"),
        };
      case "code":
        return {
          as,
          list: this.#list(members.text("list")),
          says: members.has("says") ? this.#side(members) : null,
          isKnown: members.choice("unknown", ["show", "refuse"]) === "refuse",
        };
      default:
        return { as };
    }
  }

  #side(members: Members): SidePath {
    return this.#paths.side(members.text("says"));
  }

  #unit(value: Json): Unit {
    if (value.kind === "object" && value.members.has("fixed")) {
      return { fixed: membersOf(value, "fixed!").word("fixed") };
    }
    const members = membersOf(value, "path! list");
    return {
      path: this.#paths.side(members.text("path")),
      list: members.has("list") ? this.#list(members.text("list")) : null,
    };
  }

  #currency(value: Json): Currency {
    const currency = this.#unit(value);
    const codes = "fixed" in currency ? [currency.fixed] : [...(currency.list?.values() ?? [])];
    if (codes.some((code) => !CURRENCY_NAMES.has(code))) {
      throw badView();
    }
    return currency;
  }

  #list(name: string): List {
    const list = this.#lists.get(name);
    if (list === undefined) {
      throw badView();
    }
    return list;
  }

  #check(value: Json): CheckRule {
    const members = membersOf(value, "label! sum! equals!");
    const sum = members.items("sum", 1, 8).map((term) => this.#term(term));
    const equals = this.#term(members.get("equals")!);
    if (sum.some(({ currency }) => (currency === null) !== (equals.currency === null))) {
      throw badView();
    }
    return { label: members.word("label"), sum, equals };
  }

  #term(value: Json): Term {
    const members = membersOf(value, "path! currency separators");
    const currency = members.get("currency");
    return {
      path: this.#paths.read(members.text("path")),
      currency: currency === undefined ? null : this.#currency(currency),
      separators: members.flag("separators"),
    };
  }
}

function asOf(value: Json): Reading["as"] {
  const as = value.kind === "object" ? value.members.get("as") : undefined;
  const text = as === undefined ? "text" : textOf(as);
  if (!Object.keys(READINGS).includes(text)) {
    throw badView();
  }
  return text as Reading["as"];
}
