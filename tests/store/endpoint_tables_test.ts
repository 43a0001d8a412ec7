import assert from "finestep/assert";
import { AnswerCache } from "../../src/store/answer_cache.ts";
import { RunStore } from "../../src/store/run_store.ts";
import { addUsage, usageOf } from "../../src/store/run_usage.ts";

Deno.test("AnswerCache gives what was put, and knows what it has of its endpoint", () => {
  using store = new RunStore(":memory:");
  const cache = new AnswerCache(store.file, "http://a/v1");
  assert.deepEqual([cache.isEmpty, cache.get("k")], [true, null]);
  cache.put("k", "first");
  cache.put("k", "second");
  assert.deepEqual([cache.isEmpty, cache.get("k")], [false, "second"]);
  assert(new AnswerCache(store.file, "http://b/v1").isEmpty);
});

Deno.test("usageOf() adds up what a run has used, apart from other runs", () => {
  using store = new RunStore(":memory:");
  const [one, two] = [1, 2].map((seed) =>
    store.startRun({
      ...{ kind: "eval", command: "", options: {}, seed, commit: null, dataSet: "" },
      ...{ algorithm: null, identity: null },
    })
  );
  addUsage(store.file, one, { answers: 1, prompt_tokens: 100 });
  addUsage(store.file, one, { answers: 1, failed_tries: 2 });
  assert.deepEqual(usageOf(store.file, one), { answers: 2, failed_tries: 2, prompt_tokens: 100 });
  assert.deepEqual(usageOf(store.file, two), {});
});
