import assert from "finestep/assert";
import { join } from "node:path";
import { BareMachine, TOOLS } from "../../tasks/compile/bare_machine.ts";
import { permissions } from "../../tasks/compile/permissions.ts";
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
  console.log(JSON.stringify({ args: Deno.args, cwd: Deno.cwd(), main: import.meta.filename }));
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
  const manifest = { permissions: { default: permissions(true) } };
  const files = [
    text("app/deno.json", JSON.stringify(manifest)),
    text("app/main.ts", PROGRAM),
  ];
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
    const { main, ...passed } = JSON.parse(stdout);
    assert.deepEqual(passed, { args, cwd: await Deno.realPath(machine.work) });
    assert.ok(main.startsWith(await Deno.realPath(machine.home)), main);
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
    assert.match(parts[0], /^\.finestep-/);
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
    assert.doesNotMatch(namesIn(cache)[0], /^\.finestep-/);
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
          : /Cannot unpack finestep as it must be whole and have \d+ MB of room in .*: gzip: /,
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
    const { machine, program, cache } = place;
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
    const relative = { HOME: machine.home, XDG_CACHE_HOME: "here" };
    assert.equal((await machine.run(program, ["x"], { env: relative })).code, 0);
    assert.deepEqual(namesIn(cache).length, 1);
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
  name: "a portable file runs from where a link leads, as Deno compares what it may load with that",
  ...UNIX,
  async fn() {
    await using place = await opened();
    const { machine, program } = place;
    const disk = join(await Deno.realPath(machine.path), "disk");
    await Deno.mkdir(disk);
    await Deno.symlink(disk, join(machine.home, "link"));
    const env = { XDG_CACHE_HOME: join(machine.home, "link") };
    const { stdout, stderr } = await machine.run(program, ["x"], { env });
    assert.ok(JSON.parse(stdout).main.startsWith(`${disk}/finestep/`), stderr);
  },
});

Deno.test({
  name: "a portable file does not run what another put into the place of what it unpacks",
  ...UNIX,
  async fn() {
    await using place = await opened();
    const { machine, program, cache } = place;
    assert.equal((await machine.run(program, ["x"])).code, 0);
    const home = join(cache, namesIn(cache)[0]);
    const isRefused = async () => {
      const { code, stdout, stderr } = await machine.run(program, ["x"]);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(
        stderr,
        /^Cannot run finestep as what it is unpacked to must be the user's own /,
      );
    };
    await Deno.rename(home, join(machine.home, "elsewhere"));
    await Deno.symlink(join(machine.home, "elsewhere"), home);
    await isRefused();
    // Only root can give a folder away.
    if (Deno.uid() !== 0) return;
    await Deno.remove(home);
    await Deno.rename(join(machine.home, "elsewhere"), home);
    await Deno.chown(home, 12345, 12345);
    await isRefused();
    // Named, the folder's owner is trusted with what lies in it.
    const named = ["--extract-dir", cache, "x"];
    assert.equal((await machine.run(program, named)).code, 1);
    await Deno.chown(cache, 12345, 12345);
    await Deno.chmod(cache, 0o755);
    assert.equal((await machine.run(program, named)).code, 0);
  },
});

Deno.test({
  name: "a portable file tells of a full disk in one line",
  ...UNIX,
  async fn() {
    await using place = await opened({ tools: TOOLS.filter((tool) => tool !== "tar") });
    const { machine, program, cache } = place;
    const tar = join(machine.path, "bin", "tar");
    const line = "tar: a: Cannot write: No space left on device";
    await Deno.writeTextFile(
      tar,
      `#!/bin/sh\ni=0\nwhile [ $((i += 1)) -lt 5000 ]; do echo "${line}" >&2; done\nexit 2\n`,
    );
    await Deno.chmod(tar, 0o755);
    const { code, stderr } = await machine.run(program, ["x"]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`^Cannot unpack [^\n]* MB of room in [^\n]*: ${line}; [^\n]*\n$`),
    );
    assert.deepEqual(namesIn(cache), []);
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
