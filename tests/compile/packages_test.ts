import assert from "finestep/assert";
import {
  type Lock,
  neededPackages,
  type Package,
  prunedLock,
} from "../../tasks/compile/packages.ts";

function one(name: string, dependencies: readonly string[] = []): Package {
  return { name, version: "1.0.0", dependencies, localPath: `/cache/${name}/1.0.0` };
}

const GRAPH = {
  modules: [{ npmPackage: "a@1.0.0" }, {}, { npmPackage: "@scope/d@1.0.0_a@1.0.0" }],
  npmPackages: {
    "a@1.0.0": one("a", ["b@1.0.0"]),
    "b@1.0.0": one("b", ["a@1.0.0"]),
    "c@1.0.0": one("c"),
    "@scope/d@1.0.0_a@1.0.0": one("@scope/d", ["a@1.0.0"]),
  },
};

Deno.test("neededPackages() finds what modules import and what that needs, in a circle too", () => {
  assert.deepEqual([...neededPackages(GRAPH).keys()], [
    "a@1.0.0",
    "b@1.0.0",
    "@scope/d@1.0.0_a@1.0.0",
  ]);
});

Deno.test("prunedLock() knows of the needed packages alone", () => {
  const lock: Lock = {
    version: "5",
    specifiers: {
      "npm:@scope/d@1": "1.0.0_a@1.0.0",
      "npm:a@1.0.0": "1.0.0",
      "npm:c@1.0.0": "1.0.0",
    },
    npm: { "a@1.0.0": {}, "b@1.0.0": {}, "c@1.0.0": {}, "@scope/d@1.0.0_a@1.0.0": {} },
    workspace: { dependencies: ["npm:@scope/d@1", "npm:a@1.0.0", "npm:c@1.0.0"] },
  };
  assert.deepEqual(prunedLock(lock, neededPackages(GRAPH)), {
    version: "5",
    specifiers: { "npm:@scope/d@1": "1.0.0_a@1.0.0", "npm:a@1.0.0": "1.0.0" },
    npm: { "a@1.0.0": {}, "b@1.0.0": {}, "@scope/d@1.0.0_a@1.0.0": {} },
    workspace: { dependencies: ["npm:@scope/d@1", "npm:a@1.0.0"] },
  });
});
