import assert from "finestep/assert";
import { join } from "node:path";
import { BareMachine, TOOLS } from "../../tasks/compile/bare_machine.ts";
import { writePortable } from "../../tasks/compile/portable.ts";
import type { ProgramFile } from "../../tasks/compile/program_files.ts";
import { type Target, targetNamed, TARGETS } from "../../tasks/compile/targets.ts";

/** The script has no Windows. */
const UNIX = { ignore: Deno.build.os === "windows" };

/** Says where it runs and with what, and ends as it is told. */
const PROGRAM = `
const [task, ...rest] = Deno.args;
if (task === "wait") {
  Deno.addSignalListener("SIGTERM", () => Deno.exit(7));
  console.log("waiting");
  setInterval(() => {}, 1000);
} else {
  console.log(JSON.stringify({ args: Deno.args, cwd: Deno.cwd() }));
  Deno.exit(Number(rest[0] ?? 0));
}`;

/**
 * A machine with a portable file of a tiny program. Its Deno is a script that calls the one that runs the
 * test, so that there is little to unpack.
 */
async function opened(
  { tools, target }: { readonly tools?: readonly string[]; readonly target?: Target } = {},
) {
  const machine = await BareMachine.open(tools);
  const deno = join(machine.path, "deno.sh");
  await Deno.writeTextFile(deno, `#!/bin/sh\nexec "${Deno.execPath()}" "$@"\n`);
  const text = (path: string, text: string): ProgramFile => {
    return { path, source: new TextEncoder().encode(text) };
  };
  const files = [text("app/deno.json", "{}"), text("app/main.ts", PROGRAM)];
  const program = join(machine.path, "fine step");
  await writePortable(program, files, {
    ...{ deno, level: 1 },
    target: target ?? targetNamed(Deno.build.target),
  });
  return {
    machine,
    program,
    cache: join(machine.home, Deno.build.os === "darwin" ? "Library/Caches" : ".cache", "finestep"),
    [Symbol.asyncDispose]: () => machine[Symbol.asyncDispose](),
  };
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test({
  name: "a portable file passes on arguments, working folder and exit code",
  ...UNIX,
  async fn() {
    await using place = await opened();
    const { machine, program } = place;
    const args = ["a b", "3", "--extract-dir", "'\"$x"];
    const { code, stdout, stderr } = await machine.run(program, args);
    assert.deepEqual([code, stderr], [3, ""]);
    assert.deepEqual(JSON.parse(stdout), { args, cwd: await Deno.realPath(machine.work) });
    assert.deepEqual(namesIn(machine.work), []);
  },
});

Deno.test({
  name: "a portable file is unpacked by its first start alone, though eight come at once",
  ...UNIX,
  async fn() {
    await using place = await opened();
    const { machine, program, cache } = place;
    const first = await Promise.all(Array.from({ length: 8 }, () => machine.run(program, ["x"])));
    assert.deepEqual(first.map(({ code, stderr }) => [code, stderr]), Array(8).fill([0, ""]));
    const names = namesIn(cache);
    assert.equal(names.length, 1);
    const mark = join(cache, names[0], "app", "mark");
    await Deno.writeTextFile(mark, "");
    assert.equal((await machine.run(program, ["x"])).code, 0);
    assert.ok((await Deno.stat(mark)).isFile);
  },
});

Deno.test({
  name: "a portable file that is killed while it unpacks leaves nothing that the next start uses",
  ...UNIX,
  async fn() {
    await using place = await opened({ tools: TOOLS.filter((tool) => tool !== "gzip") });
    const { machine, program, cache } = place;
    // Tells that it is reached, and then hangs.
    const gzip = join(machine.path, "bin", "gzip");
    const reached = join(machine.path, "reached");
    await new Deno.Command("mkfifo", { args: [reached] }).output();
    await Deno.writeTextFile(gzip, `#!/bin/sh\necho >"${reached}"\nexec tail -f /dev/null\n`);
    await Deno.chmod(gzip, 0o755);
    const child = machine.command(program, ["x"], { detached: true }).spawn();
    await Deno.readTextFile(reached);
    const parts = namesIn(cache);
    assert.equal(parts.length, 1);
    assert.match(parts[0], /^\.unpacking-/);
    await new Deno.Command("kill", { args: ["-KILL", "--", `-${child.pid}`] }).output();
    assert.equal((await child.status).signal, "SIGKILL");
    await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);

    // What was left is old by the next start.
    await Deno.remove(gzip);
    await Deno.symlink("/bin/gzip", gzip);
    const longAgo = new Date(Date.now() - 3 * 86_400_000);
    await Deno.utime(join(cache, parts[0]), longAgo, longAgo);
    assert.equal((await machine.run(program, ["x"])).code, 0);
    assert.equal(namesIn(cache).length, 1);
    assert.doesNotMatch(namesIn(cache)[0], /^\.unpacking-/);
  },
});

for (const sums of ["by SHA-256", "by gzip where there is no program for SHA-256"]) {
  Deno.test({
    name: `a portable file with a changed byte is refused ${sums}`,
    ...UNIX,
    async fn() {
      const hasSums = sums === "by SHA-256";
      await using place = await opened({
        tools: TOOLS.filter((tool) => hasSums || !tool.startsWith("sha")),
      });
      const { machine, program, cache } = place;
      const bytes = await Deno.readFile(program);
      bytes[bytes.length - 100] ^= 1;
      await Deno.writeFile(program, bytes);
      const { code, stdout, stderr } = await machine.run(program, ["x"]);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(
        stderr,
        hasSums
          ? /^Cannot unpack finestep as its content must have SHA-256 [0-9a-f]{64}: .*\n$/
          : /Cannot unpack finestep as it must be whole and have \d+ MB of room: see above/,
      );
      assert.deepEqual(namesIn(cache), []);
    },
  });
}

Deno.test({
  name: "a portable file that was cut is refused",
  ...UNIX,
  async fn() {
    await using place = await opened();
    const { machine, program } = place;
    const { size } = await Deno.stat(program);
    await Deno.truncate(program, size - 1);
    const { code, stderr } = await machine.run(program, ["x"]);
    assert.equal(code, 1);
    assert.equal(
      stderr,
      `Cannot unpack finestep as the file must have ${size} bytes: ${program} was cut or changed\n`,
    );
  },
});

Deno.test({
  name: "a portable file for another machine says so",
  ...UNIX,
  async fn() {
    const target = TARGETS.find(({ triple, uname }) =>
      uname !== null && triple !== Deno.build.target
    )!;
    await using place = await opened({ target });
    const { code, stderr } = await place.machine.run(place.program, ["x"]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`^Cannot run this finestep as it is for ${target.uname}: this is `),
    );
  },
});

Deno.test({
  name: "a portable file unpacks where it is told, below XDG_CACHE_HOME, or without a home",
  ...UNIX,
  async fn() {
    await using place = await opened();
    const { machine, program } = place;
    const told = join(machine.path, "told");
    const other = join(machine.path, "other");
    const inEnvironment = { HOME: machine.home, FINESTEP_EXTRACT_DIR: other };
    const starts: [string, readonly string[], Record<string, string>][] = [
      [told, ["--extract-dir", told, "x"], inEnvironment],
      [other, ["x"], inEnvironment],
      [join(machine.work, "here"), ["--extract-dir=here", "x"], {}],
      [join(told, "finestep"), ["x"], { XDG_CACHE_HOME: told }],
    ];
    for (const [folder, args, env] of starts) {
      const { code, stdout, stderr } = await machine.run(program, args, { env });
      assert.deepEqual([code, stderr], [0, ""]);
      assert.deepEqual(JSON.parse(stdout).args, ["x"]);
      assert.ok(namesIn(folder).some((name) => /^[\d.]+-[0-9a-f]{16}$/.test(name)), folder);
    }
    const temporary = join(machine.path, "temporary");
    await Deno.mkdir(temporary);
    assert.equal((await machine.run(program, ["x"], { env: { TMPDIR: temporary } })).code, 0);
    const [folder] = namesIn(temporary);
    assert.match(folder, /^finestep-\d+$/);
    assert.equal((await Deno.stat(join(temporary, folder))).mode! & 0o777, 0o700);
  },
});

Deno.test({
  name: "a portable file refuses a folder that Deno's permissions cannot name",
  ...UNIX,
  async fn() {
    await using place = await opened();
    const { machine, program } = place;
    const { code, stderr } = await machine.run(program, ["--extract-dir", "a,b", "x"]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^Cannot unpack finestep as Deno's permissions have no way to write a comma: /,
    );
  },
});

Deno.test({
  name: "a signal reaches the program of a portable file, as it has the script's process",
  ...UNIX,
  async fn() {
    await using place = await opened();
    const { machine, program } = place;
    const child = machine.command(program, ["wait"]).spawn();
    const reader = child.stdout.getReader();
    assert.equal(new TextDecoder().decode((await reader.read()).value), "waiting\n");
    child.kill("SIGTERM");
    assert.equal((await child.status).code, 7);
    await reader.cancel();
    await child.stderr.cancel();
  },
});
