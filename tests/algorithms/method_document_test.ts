import assert from "finestep/assert";
import document from "../../docs/method.md" with { type: "text" };
import { SELECTION_OPTIONS, SURROGATE_OPTIONS } from "../../src/algorithms/options.ts";
import { optionTable } from "../../src/config/option_table.ts";
import { CREDIT_OPTIONS } from "../../src/credit/options.ts";
import { REWARD_OPTIONS } from "../../src/rewards/options.ts";
import { presetTable } from "./preset_table.ts";

const TABLES = {
  presets: presetTable(),
  "the rewards' options": optionTable(REWARD_OPTIONS),
  "the credit options": optionTable(CREDIT_OPTIONS),
  "the loss options": optionTable(SURROGATE_OPTIONS),
  "the groups' options": optionTable(SELECTION_OPTIONS),
};

/** Cells without the padding that `deno fmt` gives a table. */
const unpadded = (table: string) => table.replace(/ +\|/g, " |").replace(/\| -+/g, "| ---");

for (const [name, table] of Object.entries(TABLES)) {
  Deno.test(`docs/method.md shows ${name} as they are`, () => {
    assert.ok(unpadded(document).includes(unpadded(table)), `docs/method.md lacks\n${table}`);
  });
}
