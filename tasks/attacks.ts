/**
 * Runs the attacks of the sandbox's tests and prints how each ended. Exits with 1 on a surprise.
 * `deno task attacks`
 *
 * @module
 */

import { PLAIN } from "../src/reports/style.ts";
import { table } from "../src/reports/table.ts";
import { runAttacks } from "../tests/sandbox/attacks.ts";
import { sampleDatabase } from "../tests/sandbox/sample_database.ts";

using sample = sampleDatabase();
const rows = (await runAttacks(sample.path)).map(({ attack, seen, damage }) => {
  const surprise = seen === attack.ending ? [] : ["SURPRISE"];
  return [attack.name, attack.ending, seen, [...surprise, ...damage].join(", ")];
});
const columns = ["attack", "expected", "seen", ""].map((heading) => ({ heading }));
const surprises = rows.filter(([, , , note]) => note !== "").length;
console.log(table(columns, rows, PLAIN));
console.log(`${rows.length} attacks, ${surprises} surprises`);
Deno.exitCode = surprises > 0 ? 1 : 0;
