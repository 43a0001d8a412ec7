import assert from "finestep/assert";
import { load } from "../../tasks/serve_load/load.ts";
import { surprisesOf } from "../../tasks/serve_load/report.ts";

Deno.test({
  name: "finestep serve gives 20 clients their own data while others are slow, broken and hostile",
  // What a process holds is read from /proc.
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const record = await load({
      ...{ clients: 20, episodes: 1, rounds: 1, copies: 1, long: false, spare: 40, idleSeconds: 1 },
    });
    assert.deepEqual(surprisesOf(record), []);
    assert.equal(record.good.episodes, 40);
    assert.ok(record.counts.refused > 0 && record.counts.reaped > 0);
  },
});
