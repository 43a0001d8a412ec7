import assert from "finestep/assert";
import { join } from "node:path";
import { openStore } from "../../src/store/run_store.ts";
import { BIRD, NEEDS_BIRD } from "../dataset/real_bird.ts";
import { finestep, Workplace } from "../tiny/workplace.ts";

const DEV = join(BIRD, "dev_20240627");

Deno.test({
  name: "finestep train takes a real BIRD folder, and holds questions out of its one split",
  ...NEEDS_BIRD,
  fn: async () => {
    await using workplace = await Workplace.open();
    const { code, stdout, stderr } = await finestep(
      "train",
      ...workplace.trainFlags(
        "--data",
        DEV,
        "--train-steps",
        "1",
        "--groups-per-step",
        "1",
        "--eval-limit",
        "2",
        "--json",
      ),
    );
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^Data: .* dev \(201 questions\), evaluated on the 86 held out of it; the first 2 of these$/m,
    );
    const { run, before, after } = JSON.parse(stdout);
    assert.deepEqual([run.trainStepCount, before.n, after.n], [1, 2, 2]);
    using store = openStore(workplace.store);
    const episodes = Array.from(store.episodes(1, "train"), ({ episode }) => episode);
    assert.equal(episodes.length, 4);
    // The tiny model asks for a table that real databases do not have, and is told so.
    assert(episodes.some(({ steps }) => /no such table: item/.test(steps[0]?.observation ?? "")));
    assert(episodes.some(({ stopReason }) => stopReason === "answer"));
  },
});
