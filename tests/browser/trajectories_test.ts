import assert from "finestep/assert";
import { pageHtml } from "../../src/pages/page.ts";
import { shownTrajectories, trajectorySection } from "../../src/pages/trajectories/mod.ts";
import { asking, ATTEMPTS, GOLD, recordsOf, runOf } from "../pages/trajectories/attempts.ts";
import { answer, call, episode, rows } from "../rewards/episodes.ts";
import { type Browser, browserTest, PHONE } from "./chromium.ts";

const HOSTILE = `<img src=x onerror="window.wasRun = true"></script><!-- "'&`;

/** Two algorithms on three questions: seven attempts each, the last with hostile texts. */
function page(): string {
  const steps = [call(HOSTILE, rows([HOSTILE]), HOSTILE), answer(HOSTILE, rows([HOSTILE]))];
  const episodes = [
    ...asking("How many clubs are there?", "clubs"),
    ...asking("Which members are old?", "members", ATTEMPTS.slice(0, 2)),
    ...asking(HOSTILE, "hostile", [episode(steps, GOLD)]),
  ];
  return pageHtml({ title: "Trajectories", summary: "Of a test." }, [
    trajectorySection([
      ...shownTrajectories(runOf("finestep", { id: 1 }), recordsOf(episodes)),
      ...shownTrajectories(runOf("dapo", { id: 2 }), recordsOf(episodes, { trainStep: 3 })),
    ]),
  ]);
}

type Side = "A" | "B";
const attempt = (side: Side) => `document.querySelector('article[aria-label="Attempt ${side}"]')`;

const question = (browser: Browser) =>
  browser.evaluate<string>(`document.querySelector(".detail h3").textContent`);
const count = (browser: Browser) =>
  browser.evaluate<string>(`document.querySelector(".count").textContent`);
const attemptText = (browser: Browser, side: Side) =>
  browser.evaluate<string>(`${attempt(side)}.innerText`);
const key = (browser: Browser, side: Side) =>
  browser.evaluate<string>(`${attempt(side)}.querySelector("select").value`);

/** Sets a field as a reader does, and tells the page. */
function set(browser: Browser, selector: string, value: string): Promise<void> {
  return browser.evaluate(`{
    const field = document.querySelector(${JSON.stringify(selector)});
    field.value = ${JSON.stringify(value)};
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }`);
}
const filter = (browser: Browser, name: string, value: string) =>
  set(browser, `.finder [name=${name}]`, value);

browserTest("the trajectory viewer", page, {
  "puts two algorithms beside each other on one question, step beside step": async (browser) => {
    assert.equal(await question(browser), "How many clubs are there?");
    assert.match(await attemptText(browser, "A"), /finestep\.default, seed 1, run 1: train step 0/);
    assert.match(await attemptText(browser, "B"), /dapo, seed 1, run 2: train step 3/);
    await set(browser, `article[aria-label="Attempt A"] select`, "1.train.1");
    await set(browser, `article[aria-label="Attempt B"] select`, "2.train.2");
    const places = (side: Side, edge: "top" | "left") =>
      browser.evaluate<number[]>(
        `[...${
          attempt(side)
        }.querySelectorAll(".step")].map((step) => step.getBoundingClientRect().${edge})`,
      );
    const [tops, others] = [await places("A", "top"), await places("B", "top")];
    assert.equal(tops.length, 3);
    assert.deepEqual(tops, others);
    assert.ok((await places("A", "left"))[0] < (await places("B", "left"))[0]);
  },

  "shows an advantage as a number with its sign, in words and as a colour": async (browser) => {
    await set(browser, `article[aria-label="Attempt A"] select`, "1.train.3");
    const { steps: [{ credit: { advantage } }] } = [
      ...shownTrajectories(runOf("finestep"), recordsOf(ATTEMPTS)),
    ][3];
    assert.ok(advantage! < 0);
    const chip = await browser.evaluate(`${attempt("A")}.querySelector(".chip").textContent`);
    assert.equal(chip, `advantage −${(-advantage!).toFixed(2)} · made less likely`);
    const colour = (of: string, property: string) =>
      browser.evaluate<string>(`getComputedStyle(${of}).getPropertyValue("${property}")`);
    const step = `${attempt("A")}.querySelector(".step")`;
    assert.equal(await colour(step, "--sign"), await colour("document.body", "--bad"));
  },

  "says what was not trained on": async (browser) => {
    await browser.press("j");
    // Both of dapo's attempts are right.
    assert.match(await attemptText(browser, "B"), /advantage 0\.00 · not trained on/);
  },

  "filters by algorithm, outcome, redundancy, phase and train step": async (browser) => {
    const filtered = async (name: string, value: string) => {
      await filter(browser, name, value);
      const found = await count(browser);
      await filter(browser, name, "");
      return found;
    };
    assert.equal(await count(browser), "3 of 3, 14 of 14 attempts");
    assert.equal(await filtered("algorithm", "dapo"), "3 of 3, 7 of 14 attempts");
    assert.equal(await filtered("outcome", "right"), "2 of 3, 8 of 14 attempts");
    assert.equal(await filtered("outcome", "wrong"), "2 of 3, 6 of 14 attempts");
    assert.equal(await filtered("redundancy", "R1"), "2 of 3, 4 of 14 attempts");
    assert.equal(await filtered("redundancy", "none"), "3 of 3, 10 of 14 attempts");
    assert.equal(await filtered("from", "1"), "3 of 3, 7 of 14 attempts");
    assert.equal(await filtered("to", "1"), "3 of 3, 7 of 14 attempts");
    await filter(browser, "redundancy", "R1");
    assert.match(await attemptText(browser, "A"), /R1 exact duplicate/);
  },

  "says when nothing passes the filters, and clears them": async (browser) => {
    await filter(browser, "text", "no such text");
    assert.equal(await count(browser), "0 of 3, 0 of 14 attempts");
    assert.match(
      await browser.evaluate(`document.querySelector(".detail").textContent`),
      /No trajectory passes the filters/,
    );
    await browser.press("j", "]", "}");
    await browser.click("[data-do=clear]");
    assert.equal(await count(browser), "3 of 3, 14 of 14 attempts");
    assert.equal(await question(browser), "How many clubs are there?");
  },

  "searches questions, SQL and messages by keyboard": async (browser) => {
    const typed = async (text: string) => {
      await browser.evaluate(`document.querySelector(".finder [name=text]").value = ""`);
      await browser.press("/", ...text);
      const found = await count(browser);
      await browser.evaluate("document.activeElement.blur()");
      return found;
    };
    assert.equal(await typed("OLD"), "1 of 3, 4 of 14 attempts");
    assert.equal(await typed("select b"), "1 of 3, 2 of 14 attempts");
    assert.equal(await typed("such table: d"), "1 of 3, 2 of 14 attempts");
  },

  "goes through questions and attempts by keys, not while one types": async (browser) => {
    await browser.press("j");
    assert.equal(await question(browser), "Which members are old?");
    await browser.press("j", "k", "k");
    assert.equal(await question(browser), "How many clubs are there?");
    const [a, b] = [await key(browser, "A"), await key(browser, "B")];
    await browser.press("]");
    assert.notEqual(await key(browser, "A"), a);
    assert.equal(await key(browser, "B"), b);
    await browser.press("[", "}");
    assert.equal(await key(browser, "A"), a);
    assert.notEqual(await key(browser, "B"), b);
    await browser.press("{");
    assert.equal(await key(browser, "B"), b);
    await browser.press("j", "/", "k");
    assert.equal(await question(browser), "Which members are old?");
  },

  "goes through questions by buttons, and says which is shown": async (browser) => {
    const place = () => browser.evaluate(`document.querySelector(".place").textContent`);
    await browser.click("[data-do=next]");
    assert.equal(await place(), "Question 2 of 3");
    assert.equal(await question(browser), "Which members are old?");
    await browser.click("[data-do=previous]");
    assert.equal(await place(), "Question 1 of 3");
  },

  "goes through the list by arrows": async (browser) => {
    await browser.click(".questions button");
    await browser.press("ArrowDown");
    assert.equal(await question(browser), "Which members are old?");
    const focused = await browser.evaluate(`document.activeElement.getAttribute("aria-current")`);
    assert.equal(focused, "true");
  },

  "shows its keys and hides them again": async (browser) => {
    const isOpen = () => browser.evaluate(`document.querySelector("dialog").open`);
    await browser.press("?");
    assert.equal(await isOpen(), true);
    await browser.click("dialog button");
    assert.equal(await isOpen(), false);
  },

  "has an address for what is chosen": async (browser) => {
    await browser.press("j", "]", "}");
    const address = await browser.evaluate<string>("location.href");
    const chosen = [await question(browser), await key(browser, "A"), await key(browser, "B")];
    await browser.open(address);
    assert.deepEqual(
      [await question(browser), await key(browser, "A"), await key(browser, "B")],
      chosen,
    );
    await browser.evaluate(`new Promise((changed) => {
      addEventListener("hashchange", changed, { once: true });
      location.hash = "#q=clubs&a=1.train.2&b=";
    }).then(() => {})`);
    assert.equal(await question(browser), "How many clubs are there?");
    assert.equal(await key(browser, "A"), "1.train.2");
    // The empty one chooses none.
    assert.equal(await browser.evaluate(attempt("B")), null);
  },

  "takes nothing of the data for HTML": async (browser) => {
    await browser.evaluate(`document.querySelectorAll(".questions button")[2].click()`);
    assert.equal(await question(browser), HOSTILE);
    const text = await attemptText(browser, "A");
    assert.equal(text.split(HOSTILE).length - 1, 5);
    assert.equal(await browser.evaluate(`document.images.length`), 0);
    assert.equal(await browser.evaluate(`window.wasRun`), undefined);
  },

  "is readable in light and in dark": async (browser) => {
    const lightness = (property: string) =>
      browser.evaluate<number>(`{
        const colour = getComputedStyle(document.querySelector(".step"))["${property}"];
        colour.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
      }`);
    for (const _ of ["one scheme", "the other"]) {
      const difference = await lightness("color") - await lightness("backgroundColor");
      const isDark = await browser.evaluate(`document.documentElement.dataset.theme === "dark"`);
      assert.equal(difference > 0, isDark);
      assert.ok(Math.abs(difference) > 450);
      await browser.click("#theme");
    }
  },

  "stacks on a phone, with the list folded away and nothing wider than the screen": async (
    browser,
  ) => {
    await browser.resize(PHONE);
    await browser.open(await browser.evaluate("location.href"));
    assert.equal(await browser.evaluate(`document.querySelector(".finder").open`), false);
    assert.equal(await browser.evaluate("document.documentElement.scrollWidth"), PHONE.width);
    const box = (side: Side) =>
      browser.evaluate<DOMRect>(`${attempt(side)}.getBoundingClientRect().toJSON()`);
    assert.ok((await box("A")).bottom <= (await box("B")).top);
    await browser.press("/");
    assert.equal(await browser.evaluate(`document.querySelector(".finder").open`), true);
    assert.equal(await browser.evaluate("document.documentElement.scrollWidth"), PHONE.width);
  },
});
