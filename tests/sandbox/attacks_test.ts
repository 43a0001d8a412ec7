import assert from "finestep/assert";
import { ATTACKS, runAttacks } from "./attacks.ts";
import { sampleDatabase } from "./sample_database.ts";

Deno.test("SqlPool.execute() ends each attack as it should, leaves files alone and serves the next statement", async () => {
  using sample = sampleDatabase();
  const records = await runAttacks(sample.path);
  const surprises = records.filter(({ attack, seen, damage }) => {
    return seen !== attack.ending || damage.length > 0;
  });
  assert.deepEqual(surprises, []);
  assert.equal(records.length, ATTACKS.length);
});

Deno.test("ATTACKS have names of their own", () => {
  assert.equal(new Set(ATTACKS.map(({ name }) => name)).size, ATTACKS.length);
});
