import assert from "node:assert/strict";
import { NEEDS_LINUX } from "./processes.ts";
import { sampleDatabase } from "./sample_database.ts";
import { soak } from "./soak.ts";

Deno.test({
  name: "SqlPool leaves no process, descriptor or file behind after 20,000 statements",
  ...NEEDS_LINUX,
  async fn() {
    using sample = sampleDatabase();
    const { left, surprises, kills, grownMiB } = await soak(sample.path, 20_000);
    assert.deepEqual(surprises, []);
    assert.equal(kills, 40);
    assert.deepEqual(left, { processes: 0, descriptors: 0, files: 0 });
    assert.ok(grownMiB < 250, `${grownMiB} MiB`);
  },
});
