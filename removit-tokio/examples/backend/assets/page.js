// The page: gives photos, shows where they are, and asks a person where no program may
// decide. Texts of others go into the page as text, never as HTML.
"use strict";

const $ = (selector, inside = document) => inside.querySelector(selector);
const WAY = ["waiting", "uploading", "processing", "fetching", "done"];
const AT_ONCE = 3;
const cards = new Map();
let next = null;

// ---- the server

async function call(path, options = {}) {
  const headers = new Headers(options.headers);
  const token = sessionStorage.getItem("token");
  if (token) headers.set("authorization", `Bearer ${token}`);
  const answer = await fetch(path, { ...options, headers });
  if (answer.status === 401) {
    askForToken(token ? "This token is not known." : "");
    throw new Error("Sign in first.");
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail || `The server answered ${answer.status}.`);
  }
  return answer;
}

function askForToken(why) {
  $("#token").hidden = false;
  $("#token [role=alert]").textContent = why;
  $("#token input").focus();
}

$("#token").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", $("#token input").value);
  $("#token input").value = "";
  $("#token").hidden = true;
  list();
  listen();
});

// ---- giving photos

const waiting = [];
let sending = 0;

function give(files) {
  for (const file of files) waiting.push({ file, key: crypto.randomUUID() });
  while (sending < AT_ONCE && waiting.length) send(waiting.shift());
}

async function send(photo) {
  sending += 1;
  try {
    const form = new FormData();
    form.append("mode", $("[name=mode]").value);
    form.append("output_format", $("[name=output_format]").value);
    form.append("file", photo.file, photo.file.name);
    const headers = { "idempotency-key": photo.key };
    const answer = await call("/photos", { method: "POST", body: form, headers });
    show(await (await call((await answer.json()).href)).json(), true);
  } catch (error) {
    complain(`${photo.file.name}: ${error.message}`, "Try again", () => {
      // With the same key: if it had arrived, it is not taken twice.
      waiting.push(photo);
      if (sending < AT_ONCE) send(waiting.shift());
    });
  }
  sending -= 1;
  if (waiting.length) send(waiting.shift());
}

function complain(text, action, then) {
  const line = document.createElement("p");
  line.textContent = `${text} `;
  if (action) line.append(button(action, () => { line.remove(); then(); }));
  $("#messages").append(line);
}

function button(text, then) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", then);
  return made;
}

$("#files").addEventListener("change", (event) => {
  give(event.target.files);
  event.target.value = "";
});
const drop = $("#drop");
for (const kind of ["dragenter", "dragover"]) {
  drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  give(event.dataTransfer.files);
});
// A photo that misses the field must not take the page's place.
for (const kind of ["dragover", "drop"]) {
  window.addEventListener(kind, (event) => event.preventDefault());
}
$("#give").addEventListener("submit", (event) => event.preventDefault());

// ---- showing photos

function show(photo, first) {
  let card = cards.get(photo.id);
  if (!card) {
    const wanted = $("#state").value;
    if (wanted && wanted !== photo.state) return;
    const item = $("#photo").content.cloneNode(true).firstElementChild;
    card = { item, seq: -1, steps: 0 };
    cards.set(photo.id, card);
    $("#photos")[first ? "prepend" : "append"](item);
    $("details", item).addEventListener("toggle", () => steps(photo.id));
  }
  if (photo.seq < card.seq) return;
  const { item } = card;
  const before = item.dataset.state;
  card.seq = photo.seq;
  item.dataset.state = photo.state;
  $("h2", item).textContent = photo.name || photo.id;
  $(".state", item).textContent = photo.state;
  $(".reason", item).textContent = photo.reason || "";
  const at = WAY.indexOf(photo.state);
  $(".way", item).hidden = at < 0;
  [...$(".way", item).children].forEach((step, n) => step.classList.toggle("past", n <= at));
  const bar = $("progress", item);
  bar.hidden = photo.state !== "processing" || photo.progress == null;
  bar.value = photo.progress || 0;
  bar.setAttribute("aria-label", `Progress of ${photo.name || photo.id}`);
  if (before !== photo.state) {
    actions(item, photo);
    if (before) $("#said").textContent = `${photo.name || photo.id}: ${photo.state}`;
    if (photo.state === "done") results(item, photo);
  }
  if ($("details", item).open) steps(photo.id);
  $("#none").hidden = cards.size > 0;
}

function actions(item, photo) {
  const name = photo.name || photo.id;
  const place = $(".actions", item);
  const had = place.contains(document.activeElement);
  place.textContent = "";
  for (const action of photo.actions) {
    const text = action === "resend" ? "Send again: may cost again" : "Try again: costs nothing";
    const made = button(text, () => decide(photo, action));
    made.setAttribute("aria-label", `${text}: ${name}`);
    place.append(made);
  }
  if (had) { item.tabIndex = -1; item.focus(); }
}

async function decide(photo, action) {
  const words = photo.state === "ambiguous"
    ? "Nobody knows whether this photo was paid for. Look at the account first. Send it again?"
    : "The job was paid for and failed. Send it again, and pay again?";
  if (action === "resend" && !confirm(words)) return;
  try {
    const answer = await call(`/photos/${photo.id}/${action}`, { method: "POST" });
    show(await answer.json());
  } catch (error) {
    complain(`${photo.name || photo.id}: ${error.message}`);
  }
}

async function steps(id) {
  const card = cards.get(id);
  if (!card || !$("details", card.item).open || card.reading) return;
  card.reading = true;
  try {
    await read(`/photos/${id}/events`, { "last-event-id": String(card.steps) }, (event) => {
      if (!event.id) return event.name === "end" || !$("details", card.item).open;
      const step = JSON.parse(event.data);
      const line = document.createElement("li");
      const time = new Date(step.at).toLocaleTimeString();
      line.textContent = `${time} ${step.kind.replace("_", " ")}${step.detail ? `: ${step.detail}` : ""}`;
      $(".steps", card.item).append(line);
      card.steps = step.seq;
      return !$("details", card.item).open;
    });
  } catch (error) {
    // It is read again with the next change.
  }
  card.reading = false;
}

async function picture(path) {
  return URL.createObjectURL(await (await call(path)).blob());
}

async function results(item, photo) {
  const place = $(".results", item);
  place.textContent = "";
  const before = await picture(`/photos/${photo.id}/original`).catch(() => null);
  for (const result of photo.results) {
    try {
      const figure = $("#compare").content.cloneNode(true).firstElementChild;
      const after = await picture(result.href);
      const [top, bottom] = [$(".before", figure), $(".after", figure)];
      const name = photo.name || photo.id;
      bottom.src = after;
      bottom.alt = `${name}, ${result.variation}`;
      const line = $(".line", figure);
      const range = $("input", figure);
      if (before) {
        top.src = before;
        top.alt = `${name}, as it was given`;
        const move = () => {
          top.style.clipPath = `inset(0 ${100 - range.value}% 0 0)`;
          line.style.left = `${range.value}%`;
          range.setAttribute("aria-valuetext", `${range.value} % before`);
        };
        range.addEventListener("input", move);
        move();
      } else {
        top.remove(); line.remove(); $("label", figure).remove();
      }
      const link = document.createElement("a");
      link.href = after;
      link.download = `${name.replace(/\.[^.]*$/, "")}-${result.variation}.${result.type.split("/")[1]}`;
      link.textContent = `Save ${result.variation}`;
      $("figcaption", figure).append(link, ` (${Math.ceil(result.len / 1024)} kB)`);
      place.append(figure);
    } catch (error) {
      complain(`${photo.name || photo.id}, ${result.variation}: ${error.message}`);
    }
  }
}

async function list(before) {
  const query = new URLSearchParams({ limit: "50", state: $("#state").value });
  if (before) query.set("before", before);
  if (!before) {
    for (const card of cards.values()) card.item.remove();
    cards.clear();
  }
  try {
    const page = await (await call(`/photos?${query}`)).json();
    for (const photo of page.photos) show(photo);
    next = page.next;
    $("#more").hidden = !next;
    $("#none").hidden = cards.size > 0;
    await account();
  } catch (error) {
    if (error.message !== "Sign in first.") complain(error.message, "Try again", () => list());
  }
}
$("#more").addEventListener("click", () => list(next));
$("#state").addEventListener("change", () => list());

async function account() {
  const now = await (await call("/account")).json();
  const place = $("#account");
  const text = now.stopped ? `Uploads are stopped. ${now.reason || ""} ` : now.paused_ms ? "The server asked for a pause." : "";
  if (place.dataset.text === text) return;
  place.dataset.text = text;
  place.textContent = text;
  if (now.stopped && now.operator) {
    place.append(button("Send photos again", async () => {
      await call("/account/resume", { method: "POST" });
      account();
    }));
  }
}
setInterval(() => { if (!document.hidden && $("#token").hidden) account().catch(() => {}); }, 5000);

// ---- news, with `fetch`: EventSource cannot send a token, and none is ever in a URL

async function read(path, headers, take) {
  const stop = new AbortController();
  const answer = await call(path, { headers, signal: stop.signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const event = { data: "" };
      for (const line of block.split("\n")) {
        if (line.startsWith("data: ")) event.data += line.slice(6);
        if (line.startsWith("id: ")) event.id = line.slice(4);
        if (line.startsWith("event: ")) event.name = line.slice(7);
      }
      if (take(event)) { stop.abort(); return; }
    }
  }
}

let listening = false;
async function listen() {
  if (listening) return;
  listening = true;
  while ($("#token").hidden) {
    try {
      await read("/events", {}, (event) => {
        if (event.name === "photo") show(JSON.parse(event.data), true);
        if (event.name === "missed") list();
      });
    } catch (error) {
      // Away for a moment.
    }
    await new Promise((done) => setTimeout(done, 1000));
    if ($("#token").hidden) await list();
  }
  listening = false;
}

list();
listen();
