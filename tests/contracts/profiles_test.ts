/**
 * The two package profiles: one file for each, and the contracts under both.
 *
 * @module
 */

import assert from "finestep/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Each adapter with the package of JSR behind it. */
const PACKAGES = { args: "@std/cli", assert: "@std/assert", sqlite: "@db/sqlite" };

/** Whether the packages can be had without JSR; see tasks/test_jsr.ts. */
const HAS_COPIES = Deno.env.has("FINESTEP_JSR_COPIES") && Deno.env.has("DENO_SQLITE_PATH");
/** Whether these tests themselves run under deno.json. */
const IS_DEFAULT = import.meta.resolve("finestep/args").endsWith("/node/args.ts");
if (!HAS_COPIES) {
  console.log(
    "Skipped: the contracts under deno.jsr.json, for want of FINESTEP_JSR_COPIES and DENO_SQLITE_PATH",
  );
}

Deno.test({
  name: "deno.jsr.json is deno.json but for three adapters and their packages",
  ignore: !IS_DEFAULT,
  fn: async () => {
    const { imports, ...rest } = await readProfile("deno.json");
    const { imports: jsrImports, ...jsrRest } = await readProfile("deno.jsr.json");
    assert.deepEqual(jsrRest, rest);
    const expected = { ...imports };
    for (const [adapter, name] of Object.entries(PACKAGES)) {
      assert.equal(imports[`finestep/${adapter}`], `./src/packages/node/${adapter}.ts`);
      expected[`finestep/${adapter}`] = `./src/packages/jsr/${adapter}.ts`;
      assert.match(jsrImports[name], new RegExp(`^jsr:${name}@\\d+\\.\\d+\\.\\d+$`));
      expected[name] = jsrImports[name];
    }
    assert.deepEqual(jsrImports, expected);
  },
});

Deno.test({
  name: "finestep/args, assert and sqlite keep their contracts under deno.jsr.json",
  ignore: !HAS_COPIES || !IS_DEFAULT,
  fn: async () => {
    const contracts = Object.keys(PACKAGES).map((name) => `tests/contracts/${name}_test.ts`);
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "tasks/test_jsr.ts", ...contracts],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert(success, said);
    assert.match(said, /^\d+ passed, 0 failed$/m);
  },
});

async function readProfile(name: string) {
  return JSON.parse(await Deno.readTextFile(join(ROOT, name)));
}
