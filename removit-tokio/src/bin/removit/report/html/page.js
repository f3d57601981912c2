// Shows what the page's data says. Everything in the data is text of strangers: it becomes text
// nodes and `src` attributes of pictures, and is never read as HTML.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const inputs = data.inputs;
const PAGE = 50;
// What asks for somebody first.
const TO_DO_FIRST = ["ambiguous", "open", "failed", "not_accepted", "done", "accepted", "planned", "saved"];
const rank = new Map(TO_DO_FIRST.map((state, at) => [state, at]));
const meaning = new Map(data.states.map(({ name, meaning }) => [name, meaning]));

const asked = { states: new Set(), words: "", order: "todo", ground: "cheque", page: 0 };
let found = [];
let focused = -1;

const the = (id) => document.getElementById(id);

function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

const words = (state) => state.replaceAll("_", " ");
const number = (value) => value.toLocaleString("en");
const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;

function seconds(ms) {
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const whole = Math.round(ms / 1000), minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function bytes(len) {
  if (len < 1e3) return `${len} B`;
  if (len < 1e6) return `${(len / 1e3).toFixed(0)} kB`;
  return `${(len / 1e6).toFixed(1)} MB`;
}

// ---- the head of the page

const counts = new Map(TO_DO_FIRST.map((state) => [state, 0]));
for (const input of inputs) counts.set(input.state, (counts.get(input.state) || 0) + 1);

function head() {
  const name = data.journal.split(/[\\/]/).pop();
  document.title = `${name} – removit report`;
  the("title").textContent = name;
  const about = [data.journal];
  if (data.begun) about.push(`begun ${data.begun}`);
  if (data.last_run) about.push(`${plural(data.runs, "run", "runs")}, the last from ${data.last_run}`);
  if (data.api) about.push(data.api);
  the("about").textContent = about.join(" · ");
  const asks = ["ambiguous", "open", "failed", "not_accepted"].reduce((sum, state) => sum + counts.get(state), 0);
  const said = [];
  if (data.broken_lines) said.push(`${plural(data.broken_lines, "line", "lines")} of the journal cannot be read: the counts are not whole.`);
  if (data.is_done) said.push("All that was asked for is on disk.");
  else if (asks) said.push(`${plural(asks, "photo asks", "photos ask")} for somebody; they come first.`);
  else said.push("Nothing asks for somebody; removit resume goes on.");
  the("verdict").textContent = said.join(" ");
}

function totals() {
  const total = (id, name, value, small) =>
    make("div", {}, make("dt", {}, name), make("dd", { "data-total": id }, value, small ? make("small", {}, small) : null));
  const list = [
    total("inputs", "Photos", number(data.inputs_total), data.copies ? `and ${plural(data.copies, "copy", "copies")} of them` : ""),
    total("jobs", "Jobs known", number(data.jobs)),
    total("possible_jobs", "More may exist", number(data.possible_jobs), data.possible_jobs ? "and be charged" : ""),
    total("results_saved", "Results saved", number(data.results_saved)),
    total("results_missing", "Still to be fetched", number(data.results_missing)),
  ];
  if (data.durations) {
    const { median_ms, p90_ms, longest_ms } = data.durations;
    list.push(total("median_ms", "Median duration", seconds(median_ms), `90 % within ${seconds(p90_ms)}`));
    list.push(total("longest_ms", "Longest duration", seconds(longest_ms)));
  }
  the("totals").replaceChildren(...list);
}

// ---- the plot of durations

const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400].map((s) => s * 1000);

function bins(times) {
  const most = times[Math.floor((times.length - 1) * 0.97)], longest = times[times.length - 1];
  // A few that took very long would squeeze all others.
  const end = longest > 3 * most ? 1.5 * most : longest;
  const step = STEPS.find((step) => end / step <= 40) || STEPS[STEPS.length - 1];
  const size = Math.min(200, Math.max(1, Math.floor(end / step) + 1));
  const heights = new Array(size).fill(0);
  let longer = 0;
  for (const time of times) {
    const at = Math.floor(time / step);
    if (at < size) heights[at] += 1; else longer += 1;
  }
  return { step, heights, longer };
}

function drawPlot() {
  const times = data.times;
  if (times.length === 0) return;
  const figure = the("plot");
  figure.hidden = false;
  const { step, heights, longer } = bins(times);
  const bars = longer ? [...heights, 0, longer] : heights;
  const width = Math.max(280, figure.clientWidth - 26), height = 176;
  const left = 44, right = 12, top = 22, bottom = 24;
  const across = (width - left - right) / bars.length, tall = height - top - bottom;
  const highest = Math.max(...bars);
  const svg = (name, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  const label = (x, y, text, anchor, kind) => drawing.append(svg("text", { x, y, "text-anchor": anchor, class: kind || "" }, text));
  drawing.append(svg("line", { x1: left, x2: width - right, y1: top + tall, y2: top + tall }));
  drawing.append(svg("line", { x1: left, x2: width - right, y1: top, y2: top }));
  label(left - 6, top + 4, number(highest), "end");
  label(left - 6, top + tall + 4, "0", "end");
  bars.forEach((count, at) => {
    if (count === 0) return;
    const rise = Math.max(1, (count / highest) * tall);
    const range = at < heights.length ? `${seconds(at * step)} to ${seconds((at + 1) * step)}` : `${seconds(heights.length * step)} and longer`;
    const bar = svg("rect", { x: left + at * across + 0.5, y: top + tall - rise, width: Math.max(0.5, across - 1), height: rise, "data-jobs": count });
    bar.append(svg("title", {}, `${range}: ${plural(count, "job", "jobs")}`));
    drawing.append(bar);
  });
  const labels = Math.max(1, Math.ceil(heights.length / Math.max(2, Math.floor(width / 110))));
  for (let at = 0; at <= heights.length; at += labels) {
    if (longer && at > heights.length - labels / 2 && at !== heights.length) continue;
    label(left + at * across, height - 6, at === 0 ? "0" : seconds(at * step), at === 0 ? "start" : "middle");
  }
  if (longer) label(width - right, height - 6, "longer", "end");
  const mark = (ms, text, anchor, shift) => {
    const x = left + (ms / step) * across;
    if (ms / step > heights.length) return;
    drawing.append(svg("line", { x1: x, x2: x, y1: top - 6, y2: top + tall, class: "mark" }));
    label(x + shift, top - 9, text, anchor, "mark-text");
  };
  const { median_ms, p90_ms } = data.durations;
  mark(median_ms, "median", "end", 2);
  mark(p90_ms, "90 %", "start", -2);
  const caption = `How long ${plural(times.length, "job", "jobs")} took from acceptance to done`;
  drawing.setAttribute("aria-label", `${caption}: median ${seconds(median_ms)}, 90 % within ${seconds(p90_ms)}, longest ${seconds(data.durations.longest_ms)}`);
  the("plot-caption").textContent = caption;
  figure.querySelectorAll("svg").forEach((old) => old.remove());
  figure.append(drawing);
}

// ---- what is shown

function stateButtons() {
  const buttons = TO_DO_FIRST.map((state, at) => {
    const button = make("button", { type: "button", "data-state": state, title: `${meaning.get(state)} (key ${at + 1})`, "aria-pressed": "false" },
      words(state), make("b", { "data-count": state }, number(counts.get(state))));
    button.style.setProperty("--state", `var(--${state})`);
    button.disabled = counts.get(state) === 0;
    button.addEventListener("click", () => toggle(state));
    return button;
  });
  const all = make("button", { type: "button", id: "all", title: "all of them (key 0)", "aria-pressed": "true" }, "all", make("b", { "data-count": "all" }, number(inputs.length)));
  all.addEventListener("click", () => toggle(null));
  the("states").replaceChildren(all, ...buttons);
}

function toggle(state) {
  if (state === null) asked.states.clear();
  else if (!asked.states.delete(state)) asked.states.add(state);
  asked.page = 0;
  update();
}

// Lower-case text of all that can be searched for; made when it is first needed.
const texts = new Array(inputs.length);
function text(at) {
  if (texts[at] === undefined) {
    const { name, copies, job_id, reason, key, results } = inputs[at];
    const all = [name, ...(copies || []), job_id, reason, key, ...(results || []).map((result) => result.file)];
    texts[at] = all.join("\n").toLowerCase();
  }
  return texts[at];
}

const collator = new Intl.Collator("en", { numeric: true });
const orders = {
  todo: (a, b) => rank.get(inputs[a].state) - rank.get(inputs[b].state) || a - b,
  name: (a, b) => collator.compare(inputs[a].name, inputs[b].name) || a - b,
  slow: (a, b) => (inputs[b].ms ?? -1) - (inputs[a].ms ?? -1) || a - b,
  journal: (a, b) => a - b,
};
// Each order is made once: sorting 50,000 names takes a while.
const sorted = {};
function inOrder(order) {
  sorted[order] ||= inputs.map((_, at) => at).sort(orders[order]);
  return sorted[order];
}

function update() {
  const sought = asked.words.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (at) => (asked.states.size === 0 || asked.states.has(inputs[at].state)) && sought.every((word) => text(at).includes(word));
  found = inOrder(asked.order).filter(fits);
  asked.page = Math.max(0, Math.min(asked.page, pages() - 1));
  focused = -1;
  render();
}

const pages = () => Math.max(1, Math.ceil(found.length / PAGE));

function render() {
  const begin = asked.page * PAGE, here = found.slice(begin, begin + PAGE);
  the("list").replaceChildren(...here.map((input, at) => card(inputs[input], begin + at)));
  if (here.length === 0) the("list").append(make("li", { class: "empty" }, inputs.length ? "No photo is like that." : "The journal names no photo."));
  the("shown").textContent = here.length === 0 ? "0 photos" : `${number(begin + 1)} to ${number(begin + here.length)} of ${plural(found.length, "photo", "photos")}`;
  the("all").setAttribute("aria-pressed", String(asked.states.size === 0));
  for (const button of the("states").querySelectorAll("[data-state]")) button.setAttribute("aria-pressed", String(asked.states.has(button.dataset.state)));
  the("page").value = asked.page + 1;
  the("page").max = pages();
  the("pages").textContent = number(pages());
  the("first").disabled = the("back").disabled = asked.page === 0;
  the("next").disabled = the("last").disabled = asked.page === pages() - 1;
  the("pager").hidden = pages() === 1;
  the("search").value = asked.words;
  the("order").value = asked.order;
  the("ground").value = asked.ground;
  document.body.dataset.ground = asked.ground;
  remember();
}

function card(input, at) {
  const cut = Math.max(input.name.lastIndexOf("/"), input.name.lastIndexOf("\\")) + 1;
  const title = make("h3", {}, make("bdi", { class: "name" }, make("span", { class: "folder" }, input.name.slice(0, cut)), input.name.slice(cut)),
    make("span", { class: "chip", title: meaning.get(input.state) }, words(input.state)));
  const by = [];
  if (input.job_id) by.push(`job ${input.job_id}`);
  if (input.ms !== undefined) by.push(seconds(input.ms));
  if (input.progress !== undefined) by.push(`${input.progress} % at the last look`);
  if (input.possible_jobs) by.push(`up to ${plural(input.possible_jobs, "more job", "more jobs")} may exist and be charged`);
  if (input.copies) by.push(`the same photo as ${input.copies.join(", ")}`);
  const item = make("li", { class: "card", tabindex: "-1", "data-at": at, "data-state": input.state }, title);
  item.style.setProperty("--state", `var(--${input.state})`);
  if (by.length) item.append(make("p", { class: "by" }, make("bdi", {}, by.join(" · "))));
  if (input.reason) item.append(make("p", { class: "reason" }, make("bdi", {}, input.reason)));
  const toDo = input.why && data.to_do[input.why];
  if (toDo) item.append(make("p", { class: "todo" }, make("b", {}, "To do:"), toDo));
  const pictures = make("div", { class: "pictures" }, ...shownOf(input).map((shown, number) => picture(input, shown, () => openLarge(at, number - 1))));
  for (const missing of input.missing || []) pictures.append(make("figure", {}, make("div", { class: "ground" }, make("span", { class: "none" }, "still to be fetched")), make("figcaption", {}, missing)));
  item.append(pictures);
  return item;
}

// The photo and its results, as pictures.
function shownOf(input) {
  const photo = { label: "photo", url: input.photo, none: input.photo ? "" : "The photo is not a file here." };
  const results = (input.results || []).map(({ variation, file, url, len }) => ({ label: variation || "result", file, len, url }));
  return [photo, ...results];
}

function picture(input, shown, open) {
  const link = shown.url ? make("a", { class: "ground", href: shown.url, target: "_blank", rel: "noopener" }) : make("div", { class: "ground" });
  if (shown.url) {
    const image = make("img", { alt: `${shown.label} of ${input.name}`, loading: "lazy", decoding: "async" });
    image.addEventListener("error", () => image.replaceWith(make("span", { class: "none" }, "A browser does not show this file, or it is not there.")));
    image.src = shown.url;
    link.append(image);
  } else {
    link.append(make("span", { class: "none" }, shown.none));
  }
  if (open && shown.url) {
    link.addEventListener("click", (event) => {
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open();
    });
  }
  const said = [shown.file && shown.file !== shown.label ? shown.file : null, shown.len !== undefined ? bytes(shown.len) : null].filter(Boolean);
  return make("figure", {}, link, make("figcaption", {}, make("b", {}, shown.label), said.length ? " " : "", make("bdi", {}, said.join(", "))));
}

// ---- in large: the photo and one result side by side

const large = { at: 0, result: 0 };

function openLarge(at, result) {
  large.at = at;
  large.result = Math.max(0, result);
  drawLarge();
  if (!the("large").open) the("large").showModal();
}

function drawLarge() {
  const input = inputs[found[large.at]];
  const [photo, ...results] = shownOf(input);
  large.result = Math.max(0, Math.min(large.result, results.length - 1));
  the("large-title").replaceChildren(make("bdi", {}, input.name));
  const which = results.length > 1 ? `, result ${large.result + 1} of ${results.length}` : "";
  the("large-at").textContent = `${words(input.state)}, photo ${number(large.at + 1)} of ${number(found.length)}${which}`;
  the("large-panes").replaceChildren(...[photo, results[large.result]].filter(Boolean).map((shown) => picture(input, shown, null)));
  the("large-before").disabled = large.at === 0;
  the("large-after").disabled = large.at === found.length - 1;
  the("large-left").disabled = large.result === 0;
  the("large-right").disabled = large.result >= results.length - 1;
}

function otherPhoto(by) {
  const at = large.at + by;
  if (at < 0 || at >= found.length) return;
  large.at = at;
  drawLarge();
}

function otherResult(by) {
  large.result += by;
  drawLarge();
}

function zoom() {
  const actual = the("large-panes").classList.toggle("actual");
  the("large-zoom").setAttribute("aria-pressed", String(actual));
}

// Back in the list at the photo that was looked at last.
the("large").addEventListener("close", () => focusCard(large.at));

// ---- pages, keys, and what the address remembers

function goTo(page, focusFirst) {
  asked.page = Math.max(0, Math.min(page, pages() - 1));
  focused = -1;
  render();
  if (focusFirst) focusCard(asked.page * PAGE); else the("shown").scrollIntoView();
}

function focusCard(at) {
  if (found.length === 0) return;
  const wanted = Math.max(0, Math.min(at, found.length - 1));
  const page = Math.floor(wanted / PAGE);
  if (page !== asked.page) { asked.page = page; render(); }
  focused = wanted;
  const element = the("list").querySelector(`[data-at="${wanted}"]`);
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
}

// Where the reader is: at the focused card, or before the first of the page.
function here() {
  const card = document.activeElement?.closest?.(".card");
  if (card) return Number(card.dataset.at);
  return focused >= 0 ? focused : asked.page * PAGE - 1;
}

const keys = {
  "/": () => the("search").select(),
  j: () => focusCard(here() + 1),
  k: () => focusCard(here() - 1),
  n: () => goTo(asked.page + 1, true),
  p: () => goTo(asked.page - 1, true),
  0: () => toggle(null),
  "?": () => { the("help").open = !the("help").open; the("help").scrollIntoView(); },
};
TO_DO_FIRST.forEach((state, at) => { keys[at + 1] = () => { if (counts.get(state)) toggle(state); }; });

const largeKeys = {
  ArrowLeft: () => otherResult(-1), ArrowRight: () => otherResult(1),
  ArrowUp: () => otherPhoto(-1), ArrowDown: () => otherPhoto(1),
  k: () => otherPhoto(-1), j: () => otherPhoto(1), z: zoom,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target === the("search") && event.key === "Escape") {
    asked.words = "";
    asked.page = 0;
    update();
    the("search").blur();
    return;
  }
  if (event.target.matches?.("input, select, textarea")) return;
  const inLarge = the("large").open;
  if (!inLarge && event.key === "Enter" && event.target.matches?.(".card")) {
    event.preventDefault();
    openLarge(Number(event.target.dataset.at), 0);
    return;
  }
  const does = (inLarge ? largeKeys : keys)[event.key];
  if (!does) return;
  event.preventDefault();
  does();
});

function remember() {
  const said = new URLSearchParams();
  if (asked.states.size) said.set("state", [...asked.states].join(","));
  if (asked.words) said.set("q", asked.words);
  if (asked.order !== "todo") said.set("order", asked.order);
  if (asked.ground !== "cheque") said.set("ground", asked.ground);
  if (asked.page) said.set("page", String(asked.page + 1));
  const hash = said.toString();
  // A browser may forbid that for a file; then the page forgets where it was.
  try { history.replaceState(null, "", hash ? `#${hash}` : location.pathname); } catch { return; }
}

function recall() {
  const said = new URLSearchParams(location.hash.slice(1));
  asked.states = new Set((said.get("state") || "").split(",").filter((state) => rank.has(state)));
  asked.words = said.get("q") || "";
  asked.order = Object.hasOwn(orders, said.get("order") || "") ? said.get("order") : "todo";
  const grounds = [...the("ground").options].map((option) => option.value);
  asked.ground = grounds.includes(said.get("ground")) ? said.get("ground") : "cheque";
  asked.page = Math.max(0, (Number.parseInt(said.get("page"), 10) || 1) - 1);
}

let typing = 0;
the("search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    asked.words = the("search").value;
    asked.page = 0;
    update();
  }, 120);
});
the("order").addEventListener("change", () => { asked.order = the("order").value; asked.page = 0; update(); });
the("ground").addEventListener("change", () => { asked.ground = the("ground").value; document.body.dataset.ground = asked.ground; remember(); });
the("page").addEventListener("change", () => goTo((Number.parseInt(the("page").value, 10) || 1) - 1, false));
the("first").addEventListener("click", () => goTo(0, false));
the("back").addEventListener("click", () => goTo(asked.page - 1, false));
the("next").addEventListener("click", () => goTo(asked.page + 1, false));
the("last").addEventListener("click", () => goTo(pages() - 1, false));
the("large-before").addEventListener("click", () => otherPhoto(-1));
the("large-after").addEventListener("click", () => otherPhoto(1));
the("large-left").addEventListener("click", () => otherResult(-1));
the("large-right").addEventListener("click", () => otherResult(1));
the("large-zoom").addEventListener("click", zoom);
the("large-close").addEventListener("click", () => the("large").close());
window.addEventListener("hashchange", () => {
  if (location.hash === "#list") return;
  recall();
  update();
});
head();
totals();
drawPlot();
let plotted = the("plot").clientWidth;
new ResizeObserver(() => {
  if (the("plot").clientWidth !== plotted) {
    plotted = the("plot").clientWidth;
    drawPlot();
  }
}).observe(the("plot"));
stateButtons();
recall();
update();
