import assert from "finestep/assert";
import { leaderboardSchemas } from "../../src/leaderboard/schema.ts";

Deno.test("docs/schemas/ has the schema of the board: deno task docs", () => {
  for (const [name, schema] of Object.entries(leaderboardSchemas())) {
    const path = new URL(`../../docs/schemas/${name}`, import.meta.url);
    assert.deepEqual(JSON.parse(Deno.readTextFileSync(path)), JSON.parse(JSON.stringify(schema)));
  }
});
