import assert from "finestep/assert";
import { readLine } from "../../src/audit/read_line.ts";

const PAGE = Deno.readTextFileSync(new URL("../../docs/audit.md", import.meta.url));

Deno.test("docs/audit.md shows a line that is read as the page says", () => {
  const [, example] = /```json\n([^]*?)\n```/.exec(PAGE)!;
  const { id, group, outcome, hasRows, episode } = readLine(example.replaceAll("\n", ""), 1);
  assert.deepEqual([id, group, outcome, hasRows], ["a1", "q7", 1, true]);
  assert.deepEqual(episode.steps.map(({ action }) => action.kind), ["toolCall", "answer"]);
  assert.equal(episode.finalSql, "SELECT count(*) FROM item");
  assert.deepEqual(episode.finalResult?.kind === "rows" && episode.finalResult.rows, [[5n]]);
});
