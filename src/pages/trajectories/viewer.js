/*
 * The trajectory viewer's script: a function body with `section` and `data` (data.ts).
 * Everything that comes from data is set as text, never as HTML.
 */

/* global section, data */

const element = (selector) => section.querySelector(selector);
const form = element(".finder form");
const list = element(".questions");
const detail = element(".detail");
const finder = element(".finder");
const help = element("dialog");

/** Below this an advantage is shown as 0.00 and has no sign. */
const UNSEEN = 0.005;
/** The advantage from which on a colour is no stronger. */
const STRONGEST = 2;
/** Classes that make a call redundant; the others are only reported. */
const COUNTS = /^R\d[a-z]?$/;
const NUMBER_NAMES = ["hard", "recall", "process", "smoothed", "discounted", "value", "advantage"];

const questions = data.questions.map((question) => ({ ...question, attempts: [] }));
const attempts = data.trajectories.map(attemptOf);
const state = { listed: questions, matching: new Set(attempts), question: null, a: null, b: null };

function attemptOf(trajectory) {
  const steps = trajectory.steps.map(([action, classes, ...numbers]) => {
    const [kind, reasoning, text, result] = data.actions[action];
    const credit = Object.fromEntries(NUMBER_NAMES.map((name, n) => [name, numbers[n]]));
    return {
      kind,
      reasoning,
      text,
      action,
      result: result === null ? null : data.results[result],
      classes,
      credit,
    };
  });
  const question = questions[trajectory.question];
  const attempt = {
    ...trajectory,
    question,
    run: data.runs[trajectory.run],
    steps,
    redundant: steps.filter(({ classes }) => classes.some((name) => COUNTS.test(name))).length,
  };
  question.attempts.push(attempt);
  return attempt;
}

/* Elements. */

function h(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value);
  }
  return filled(made, ...children);
}

/** The element with these children in place of its own; null is none. */
function filled(parent, ...children) {
  parent.replaceChildren(...children.flat().filter((child) => child !== null));
  return parent;
}

const plain = (name) => name.replaceAll("_", " ");
const count = (n, name) => `${n} ${name}${n === 1 ? "" : "s"}`;

function signed(value) {
  if (Math.abs(value) < UNSEEN) return "0.00";
  return `${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(2)}`;
}

const SQL_PARTS =
  /('(?:[^']|'')*'|\b\d+(?:\.\d+)?\b)|\b(all|and|as|asc|avg|between|by|case|cast|count|cross|desc|distinct|else|end|except|exists|from|group|having|in|inner|intersect|is|join|left|like|limit|max|min|not|null|offset|on|or|order|outer|pragma|select|sum|then|union|when|where|with)\b/gi;

/** SQL with keywords and literals marked. */
function sqlElement(text) {
  const pre = h("pre");
  let end = 0;
  for (const match of text.matchAll(SQL_PARTS)) {
    pre.append(text.slice(end, match.index));
    pre.append(h("span", { class: match[1] === undefined ? "keyword" : "literal" }, match[0]));
    end = match.index + match[0].length;
  }
  pre.append(text.slice(end));
  return pre;
}

function resultElement(result) {
  if (result === null) return h("p", { class: "muted" }, "No result.");
  if (result.kind !== "rows") {
    return h("p", { class: "error" }, `${plain(result.kind)}: ${result.message}`);
  }
  const { columns, rows, rowCount, columnCount, isCut } = result;
  const size = [
    `${count(rowCount, "row")}${isCut ? " before the result was cut" : ""}`,
    ...rows.length < rowCount ? [`the first ${rows.length} shown`] : [],
    ...columns.length < columnCount ? [`${columns.length} of ${columnCount} columns`] : [],
  ].join(", ");
  if (rowCount === 0) return h("p", { class: "muted" }, `${size} (${columns.join(", ")})`);
  const cell = (text) => {
    if (text === null) return h("td", { class: "muted" }, "NULL");
    return h("td", { class: /^-?\d+(\.\d+)?$/.test(text) ? "number" : null }, text);
  };
  return h(
    "div",
    { class: "result", tabindex: "0", role: "group", "aria-label": "Result" },
    h(
      "table",
      null,
      h("caption", null, size),
      h("thead", null, h("tr", null, columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", null, rows.map((row) => h("tr", null, row.map(cell)))),
    ),
  );
}

/* Filters. */

function optionsOf(name, entries) {
  form.elements[name].replaceChildren(
    ...entries.map(([value, text]) => h("option", { value }, text)),
  );
}

function fillFilters() {
  const distinct = (values) => [...new Set(values)].sort();
  const asIs = (values) => distinct(values).map((value) => [value, plain(value)]);
  const present = new Set(attempts.flatMap(({ steps }) => steps.flatMap(({ classes }) => classes)));
  const classes = Object.entries(data.classNames).filter(([name]) => present.has(name));
  optionsOf("algorithm", [["", "any"], ...asIs(attempts.map(({ run }) => run.algorithm))]);
  const outcomes = asIs(attempts.map(({ outcome }) => outcome)).filter(([name]) =>
    name !== "right"
  );
  optionsOf("outcome", [["", "any"], ["right", "right"], ["wrong", "not right"], ...outcomes]);
  optionsOf("redundancy", [
    ["", "any"],
    ["some", "has a redundant call"],
    ["none", "has none"],
    ...classes.map(([name, text]) => [name, `${name}: ${text}`]),
  ]);
  optionsOf("phase", [["", "any"], ...asIs(attempts.map(({ phase }) => phase))]);
}

function matcher() {
  const wanted = Object.fromEntries(new FormData(form));
  const text = wanted.text.trim().toLowerCase();
  const isIn = (value, choice) => choice === "" || value === choice;
  const hasOutcome = ({ outcome }) =>
    wanted.outcome === "wrong" ? outcome !== "right" : isIn(outcome, wanted.outcome);
  const hasRedundancy = ({ redundant, steps }) => {
    if (wanted.redundancy === "") return true;
    if (wanted.redundancy === "some") return redundant > 0;
    if (wanted.redundancy === "none") return redundant === 0;
    return steps.some(({ classes }) => classes.includes(wanted.redundancy));
  };
  const isInTrainSteps = ({ trainStep }) =>
    (wanted.from === "" || trainStep !== null && trainStep >= Number(wanted.from)) &&
    (wanted.to === "" || trainStep !== null && trainStep <= Number(wanted.to));
  return (attempt) =>
    isIn(attempt.run.algorithm, wanted.algorithm) && isIn(attempt.phase, wanted.phase) &&
    hasOutcome(attempt) && hasRedundancy(attempt) && isInTrainSteps(attempt) &&
    (text === "" || searched(attempt).includes(text));
}

/** Lower-case text of an attempt, made when it is first searched. */
function searched(attempt) {
  attempt.searched ??= [
    attempt.question.question,
    attempt.question.evidence,
    attempt.question.database,
    attempt.question.goldSql,
    attempt.message,
    ...attempt.steps.flatMap((
      { reasoning, text, result },
    ) => [reasoning, text, result?.message ?? ""]),
  ].join("\n").toLowerCase();
  return attempt.searched;
}

function filter() {
  state.matching = new Set(attempts.filter(matcher()));
  state.listed = questions.filter((question) => matchingOf(question).length > 0);
  showList();
  if (state.matching.has(state.a)) showDetail();
  else choose(state.listed.includes(state.question) ? state.question : state.listed[0] ?? null);
}

function clear() {
  form.reset();
  filter();
}

function matchingOf({ attempts }) {
  return attempts.filter((attempt) => state.matching.has(attempt));
}

/* Choosing. */

/** Shows a question with attempts by their keys, where it has them. */
function choose(question, { a, b } = {}) {
  const named = (key) => question.attempts.find((attempt) => attempt.key === key);
  state.question = question;
  state.a = question && (named(a) ?? mostDivided(matchingOf(question)));
  state.b = question && (b === "" ? null : named(b) ?? partnerOf(state.a));
  markCurrent();
  showDetail();
}

/** The attempt whose steps were pushed both ways furthest: it shows best what credit by steps is. */
function mostDivided(attempts) {
  return best(attempts, ({ steps }) => {
    const advantages = steps.map(({ credit }) => credit.advantage ?? 0);
    return Math.min(Math.max(0, ...advantages), Math.max(0, ...advantages.map((a) => -a)));
  });
}

/** The attempt that says most beside another: by another algorithm, as late, with the same steps. */
function partnerOf(attempt) {
  const { run, phase, trainStep, steps } = attempt;
  const likeness = (other) =>
    4 * (other.run.algorithm !== run.algorithm) +
    2 * (other.phase === phase && other.trainStep === trainStep) +
    (other.run.seed === run.seed) +
    other.steps.filter(({ action }, s) => action === steps[s]?.action).length / (steps.length + 1);
  return best(attempt.question.attempts.filter((other) => other !== attempt), likeness);
}

/** The first of those of the highest score; null of none. */
function best(items, scoreOf) {
  const scores = items.map(scoreOf);
  return items[scores.indexOf(Math.max(...scores))] ?? null;
}

function chooseAndLink(question, keys) {
  choose(question, keys);
  link();
}

function link() {
  const { question, a, b } = state;
  const keys = new URLSearchParams({ q: question.key, a: a.key, b: b?.key ?? "" });
  history.replaceState(null, "", `#${keys}`);
}

/** Shows what the page's address names; whether it names anything here. */
function followLink() {
  const keys = new URLSearchParams(location.hash.slice(1));
  const question = questions.find(({ key }) => key === keys.get("q"));
  if (!question) return false;
  clear();
  choose(question, { a: keys.get("a"), b: keys.get("b") });
  section.scrollIntoView();
  return true;
}

function moveQuestion(by) {
  const { listed, question } = state;
  const next = listed[listed.indexOf(question) + by];
  if (!next) return;
  chooseAndLink(next);
  list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

function choicesOf(side) {
  const { question, matching } = state;
  return question.attempts.filter((attempt) => side === "b" || matching.has(attempt));
}

function moveAttempt(side, by) {
  if (!state.question) return;
  const choices = choicesOf(side);
  if (choices.length === 0) return;
  const next = choices[(choices.indexOf(state[side]) + by + choices.length) % choices.length];
  chooseSide(side, next);
}

function chooseSide(side, attempt) {
  state[side] = attempt;
  showDetail();
  link();
}

/* The list. */

function showList() {
  element(".count").textContent = `${state.listed.length} of ${questions.length}, ` +
    `${state.matching.size} of ${attempts.length} attempts`;
  list.replaceChildren(...state.listed.map(itemOf));
  markCurrent();
}

function itemOf(question) {
  const matching = matchingOf(question);
  const byAlgorithm = Object.entries(Object.groupBy(matching, ({ run }) => run.algorithm));
  const right = byAlgorithm.map(([algorithm, tried]) =>
    `${algorithm} ${tried.filter(({ outcome }) => outcome === "right").length}/${tried.length}`
  );
  const redundant = matching.reduce((sum, attempt) => sum + attempt.redundant, 0);
  return h(
    "li",
    null,
    h(
      "button",
      { type: "button", "data-key": question.key, onclick: () => chooseAndLink(question) },
      question.question,
      h("small", null, `${question.database} · right: ${right.join(", ")}`),
      redundant > 0 ? h("small", null, count(redundant, "redundant call")) : null,
    ),
  );
}

function markCurrent() {
  for (const button of list.querySelectorAll("button")) {
    if (button.dataset.key === state.question?.key) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

/* The chosen question. */

function showDetail() {
  const { listed, question, a, b } = state;
  const place = listed.indexOf(question) + 1;
  element(".place").textContent = place > 0 ? `Question ${place} of ${listed.length}` : "";
  if (question === null) {
    filled(detail, h("p", null, "No trajectory passes the filters."));
    return;
  }
  const focused = detail.contains(document.activeElement)
    ? document.activeElement.dataset.keep
    : null;
  const pair = h(
    "div",
    { class: b ? "pair two" : "pair" },
    attemptElement("a", a),
    b ? attemptElement("b", b) : h("div", { class: "attempt" }, picker("b", null)),
  );
  pair.style.setProperty("--rows", 1 + Math.max(a.steps.length, b?.steps.length ?? 0));
  filled(
    detail,
    h("h3", null, question.question),
    question.evidence === ""
      ? null
      : h("p", null, h("span", { class: "muted" }, "Evidence: "), question.evidence),
    h(
      "details",
      { open: "" },
      h("summary", null, `Gold SQL and its result (database ${question.database})`),
      sqlElement(question.goldSql),
      resultElement(data.results[question.goldResult]),
    ),
    pair,
  );
  if (focused) detail.querySelector(`[data-keep="${focused}"]`)?.focus();
}

function button(keep, text, onclick, label = null) {
  return h("button", { type: "button", "data-keep": keep, "aria-label": label, onclick }, text);
}

function picker(side, chosen) {
  const name = side.toUpperCase();
  const choices = choicesOf(side);
  const all = chosen === null || choices.includes(chosen) ? choices : [chosen, ...choices];
  const groups = Map.groupBy(all, groupText);
  const select = h(
    "select",
    {
      "aria-label": `Attempt ${name}`,
      "data-keep": side,
      onchange: ({ target }) =>
        chooseSide(side, state.question.attempts.find(({ key }) => key === target.value) ?? null),
    },
    side === "b" ? h("option", { value: "" }, "none") : null,
    [...groups].map(([label, together]) =>
      h(
        "optgroup",
        { label },
        together.map((attempt) => h("option", { value: attempt.key }, optionText(attempt))),
      )
    ),
  );
  select.value = chosen?.key ?? "";
  return h(
    "div",
    { class: "picker" },
    h("strong", null, name),
    button(`${side}-`, "‹", () => moveAttempt(side, -1), `Previous attempt ${name}`),
    select,
    button(`${side}+`, "›", () => moveAttempt(side, 1), `Next attempt ${name}`),
  );
}

function groupText({ run, phase, trainStep }) {
  const when = phase === "train" ? `train step ${trainStep}` : phaseText(phase);
  return `${run.algorithm}, seed ${run.seed}, run ${run.id}: ${when}`;
}

function phaseText(phase) {
  return { before: "before training", after: "after training", eval: "evaluation" }[phase];
}

function optionText(attempt) {
  const { groupSize, outcome, redundant, run } = attempt;
  return [
    `${run.algorithm} ${attempt.attempt + 1}/${groupSize}`,
    plain(outcome),
    ...redundant > 0 ? [`${redundant} redundant`] : [],
  ].join(" · ");
}

const USE_TEXTS = {
  trained: ["trained on", "The steps were trained on with these advantages."],
  leftOut: [
    "left out of training",
    "The group was left out: its outcomes are all equal, or the train step had enough groups.",
  ],
  imitated: [
    "imitated",
    "Supervised training made all of it more likely: advantages are what FineStep would give.",
  ],
  evaluated: [
    "an evaluation",
    "Nothing was trained on this: advantages are what training on these attempts would give.",
  ],
};

function attemptElement(side, attempt) {
  const { run, outcome, message, steps, redundant, use, reward } = attempt;
  return h(
    "article",
    { class: "attempt", "aria-label": `Attempt ${side.toUpperCase()}` },
    h(
      "header",
      null,
      picker(side, attempt),
      h("div", { class: "muted" }, groupText(attempt)),
      h(
        "div",
        null,
        h("strong", { class: outcome === "right" ? "right" : "wrong" }, outcomeText(outcome)),
        ` · outcome reward ${reward} · ${count(steps.length, "step")} · ` +
          `${count(redundant, "redundant call")}`,
      ),
      message === "" ? null : h("div", { class: "error" }, message),
      h(
        "details",
        { class: "muted" },
        h("summary", null, `Scored as in ${run.scoredBy}; ${USE_TEXTS[use][0]}`),
        h("div", null, `${USE_TEXTS[use][1]} Settings: ${run.scoring.join(", ")}.`),
      ),
    ),
    h("ol", { class: "steps" }, steps.map((step, s) => stepElement(step, s, attempt))),
  );
}

const outcomeText = (outcome) => outcome === "right" ? "✓ right" : `✗ ${plain(outcome)}`;

const KIND_TEXTS = { toolCall: "tool call", answer: "answer", violation: "breaks the format" };

function stepElement({ kind, reasoning, text, result, classes, credit }, s, { use }) {
  const { advantage } = credit;
  const step = h(
    "li",
    { class: `step ${signOf(advantage, use)}` },
    h(
      "header",
      null,
      h("strong", null, `${s + 1}. ${KIND_TEXTS[kind]}`),
      h("span", { class: "chip" }, advantageText(advantage, use)),
      classes.map(markElement),
    ),
    reasoning === "" ? null : h("p", null, reasoning),
    kind === "violation" ? h("pre", null, text) : sqlElement(text),
    kind === "violation" ? null : resultElement(result),
    h(
      "dl",
      { class: "numbers" },
      NUMBER_NAMES.slice(0, -1).map((name) =>
        h("div", null, h("dt", null, name), h("dd", null, credit[name]?.toFixed(2) ?? "–"))
      ),
    ),
  );
  const strength = Math.min(1, Math.abs(advantage ?? 0) / STRONGEST);
  step.style.setProperty("--mix", `${10 + 25 * strength}%`);
  step.style.setProperty("--bar", `${25 + 75 * strength}%`);
  return step;
}

function signOf(advantage, use) {
  if (use === "leftOut" || advantage === null || Math.abs(advantage) < UNSEEN) return "";
  return advantage > 0 ? "more" : "less";
}

function advantageText(advantage, use) {
  if (advantage === null) return "no advantage: the only attempt";
  const sign = signOf(advantage, use);
  const wouldBe = { more: "would be pushed up", less: "would be pushed down", "": "no push" };
  const says = {
    trained: { more: "made more likely", less: "made less likely", "": "not pushed" },
    leftOut: { "": "not trained on" },
    imitated: wouldBe,
    evaluated: wouldBe,
  };
  return `advantage ${signed(advantage)} · ${says[use][sign]}`;
}

function markElement(name) {
  const isCounted = COUNTS.test(name);
  return h(
    "span",
    { class: isCounted ? "mark" : "mark reported" },
    `${name} ${data.classNames[name]}`,
  );
}

/* Keys. */

const KEYS = {
  j: () => moveQuestion(1),
  k: () => moveQuestion(-1),
  "[": () => moveAttempt("a", -1),
  "]": () => moveAttempt("a", 1),
  "{": () => moveAttempt("b", -1),
  "}": () => moveAttempt("b", 1),
  "?": () => help.showModal(),
  "/": () => {
    finder.open = true;
    form.elements.text.focus();
  },
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  if (event.target.closest?.("input, select, textarea")) return;
  const { top, bottom } = section.getBoundingClientRect();
  if (bottom < 0 || top > innerHeight) return;
  const arrow = list.contains(event.target) && { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!arrow && !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  if (!arrow) return KEYS[event.key]();
  moveQuestion(arrow);
  list.querySelector("[aria-current]")?.focus();
}

form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
element("[data-do=clear]").addEventListener("click", clear);
element("[data-do=previous]").addEventListener("click", () => moveQuestion(-1));
element("[data-do=next]").addEventListener("click", () => moveQuestion(1));
element("[data-do=help]").addEventListener("click", () => help.showModal());
document.addEventListener("keydown", onKey);
addEventListener("hashchange", followLink);

// Where the list stands above the question, it would push it out of sight.
if (section.clientWidth < 900) finder.open = false;
fillFilters();
if (!followLink()) filter();
