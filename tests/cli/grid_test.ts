import assert from "finestep/assert";
import { cellsOf } from "../../src/cli/grid.ts";

const GRID = { seeds: 1, firstSeed: 3, ablations: false };

Deno.test("cellsOf() gives an algorithm the flags that stand after its name", () => {
  const cells = cellsOf({ ...GRID, algorithms: ["finestep", "grpo --learning-rate 0.0006"] });
  assert.deepEqual(cells, [
    { variant: "finestep", seed: 3, flags: ["--algorithm", "finestep"] },
    { variant: "grpo", seed: 3, flags: ["--algorithm", "grpo", "--learning-rate", "0.0006"] },
  ]);
});

Deno.test("cellsOf() tells the same algorithm with other flags apart", () => {
  const cells = cellsOf({ ...GRID, algorithms: ["grpo", "grpo --learning-rate 0.0006"] });
  assert.deepEqual(cells.map(({ variant }) => variant), ["grpo", "grpo --learning-rate 0.0006"]);
});

Deno.test("cellsOf() with ablations adds GiGPO and FineStep without each of its parts", () => {
  const cells = cellsOf({ ...GRID, algorithms: ["finestep"], ablations: true });
  const names = cells.map(({ variant }) => variant);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(names.slice(0, 3), ["finestep", "gigpo", "finestep, no process reward"]);
  for (const { variant, flags } of cells.slice(2)) {
    assert.equal(flags[1], "finestep", variant);
    assert(flags.length > 2, variant);
  }
});
