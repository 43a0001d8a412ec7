// All texts are set as text, never as HTML: they hold what models and data sets wrote.
const PAGE = 50;
const SIGNS = {
  gained: "+ gained",
  lost: "− lost",
  both: "= both",
  neither: "= neither",
  some: "= same",
};

/** Of one run beside itself. */
const SIGNS_OF_ONE = { neither: "✗ wrong", some: "~ sometimes", both: "✓ right" };

const control = (name) => section.querySelector(`[name="${name}"]`);
const text = (place) => place === null ? "" : data.texts[place];
const runs = data.exams.flatMap((exam) =>
  exam.runs.map((run) => ({
    exam,
    label: run.label,
    answers: new Map(exam.questions.map(({ id }, index) => [id, run.answers[index]])),
  }))
);
let shown = PAGE;

/** An element with text and children. */
function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function fillRuns(select, chosen) {
  for (const exam of data.exams) {
    const group = document.createElement("optgroup");
    group.label = exam.name;
    runs.forEach((run, index) => {
      if (run.exam === exam) group.append(new Option(run.label, index, false, index === chosen));
    });
    select.append(group);
  }
}

/** How a question's attempts changed from the first run to the second. */
function changeOf([attemptsA, rightA], [attemptsB, rightB]) {
  const difference = rightB * attemptsA - rightA * attemptsB;
  if (difference !== 0) return difference > 0 ? "gained" : "lost";
  return rightA === 0 ? "neither" : rightA === attemptsA ? "both" : "some";
}

const signsOf = (before, after) => before === after ? SIGNS_OF_ONE : SIGNS;

/** Questions that both runs answered, those that changed first. */
function compared(before, after) {
  const order = Object.keys(signsOf(before, after));
  return after.exam.questions.flatMap((question) => {
    const [a, b] = [before.answers.get(question.id), after.answers.get(question.id)];
    // Data sets may give different questions the same id.
    const twin = before.exam.questions.find(({ id }) => id === question.id);
    if (!a || !b || twin.gold !== question.gold) return [];
    return [{ question, a, b, change: changeOf(a, b) }];
  }).sort((one, other) => order.indexOf(one.change) - order.indexOf(other.change));
}

function isWanted({ question, a, b, change }) {
  const show = control("show").value;
  if (show === "redundant" ? a[3] + b[3] === 0 : show !== "" && show !== change) return false;
  const words = control("search").value.toLowerCase().split(/\s+/);
  const all = [question.id, question.database, question.difficulty ?? "", text(question.question)]
    .concat(text(question.evidence), text(question.gold), text(a[5]), text(b[5]))
    .join("\n").toLowerCase();
  return words.every((word) => all.includes(word));
}

function answerElement(label, [attempts, right, calls, redundant, outcome, sql]) {
  const times = attempts === 1 ? data.outcomes[outcome] : `${right} of ${attempts} attempts right`;
  const used = `${calls} tool call${calls === 1 ? "" : "s"}, ${redundant} redundant`;
  const which = attempts === 1 || right === attempts ? "" : "; the first that is not:";
  return element(
    "div",
    "",
    element("h4", "", label),
    element("p", "muted", `${times}; ${used}${which}`),
    element("pre", "", sql === null ? "(no answer)" : text(sql)),
  );
}

function questionElement({ question, a, b, change }, before, after) {
  const isOne = before === after;
  const calls = isOne ? `calls ${a[2]}` : `calls ${a[2]} → ${b[2]}`;
  const where = [question.database, question.difficulty, calls].filter(Boolean).join(" · ");
  const title = text(question.question) || text(question.gold);
  const bdi = element("bdi", "", title);
  const opened = element(
    "details",
    change,
    element(
      "summary",
      "",
      element("span", "change", signsOf(before, after)[change]),
      bdi,
      element("span", "where", where),
    ),
  );
  // Made when it is first opened: there may be thousands.
  opened.addEventListener("toggle", () => {
    if (opened.querySelector(".answers")) return;
    if (question.evidence !== null) {
      opened.append(
        element("p", "muted", "Evidence: ", element("bdi", "", text(question.evidence))),
      );
    }
    opened.append(
      element("h4", "", `Gold SQL of question ${question.id}`),
      element("pre", "", text(question.gold)),
      element(
        "div",
        "answers",
        answerElement(before.label, a),
        ...isOne ? [] : [answerElement(after.label, b)],
      ),
    );
  });
  return element("li", "", opened);
}

function update() {
  const [before, after] = ["before", "after"].map((name) => runs[control(name).value]);
  const all = compared(before, after);
  const wanted = all.filter(isWanted);
  const count = (change) => all.filter((one) => one.change === change).length;
  const alone = after.exam.questions.length - all.length;
  const found = before === after
    ? `${count("both")} right, ${count("neither")} wrong` +
      (count("some") > 0 ? `, ${count("some")} sometimes right` : "")
    : `${count("gained")} gained, ${count("lost")} lost, ${count("both")} both right, ` +
      `${count("neither")} neither` +
      (count("some") > 0 ? `, ${count("some")} both sometimes` : "");
  section.querySelector(".count").textContent = `${found} of ${all.length} questions` +
    (alone > 0 ? ` (${alone} others only the second run was asked)` : "") +
    (before.exam === after.exam ? "" : "; the two were not asked in the same way") +
    `. Chosen: ${wanted.length}.`;
  section.querySelector(".list").replaceChildren(
    ...wanted.slice(0, shown).map((one) => questionElement(one, before, after)),
  );
  const more = section.querySelector(".more");
  more.hidden = wanted.length <= shown;
  more.textContent = `Show ${Math.min(PAGE, wanted.length - shown)} more`;
}

fillRuns(control("before"), data.first[0]);
fillRuns(control("after"), data.first[1]);
section.querySelector(".controls").addEventListener("input", () => {
  shown = PAGE;
  update();
});
section.querySelector(".more").addEventListener("click", () => {
  shown += PAGE;
  update();
});
section.querySelector(".controls").hidden = false;
update();
