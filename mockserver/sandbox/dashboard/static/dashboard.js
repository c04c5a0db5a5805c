// What a page can do more with a script than without: copy, and show the log as it is written.
"use strict";

const said = document.getElementById("said");
const say = (sentence) => { said.textContent = sentence; };

// Copying. Where the page is not secure (plain http by a name), browsers have the older way alone.
async function copy(node) {
  if (navigator.clipboard) return navigator.clipboard.writeText(node.textContent);
  getSelection().selectAllChildren(node);
  if (!document.execCommand("copy")) throw new Error("the browser copies nothing");
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const label = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await copy(document.getElementById(button.dataset.copy));
      button.textContent = "Copied";
      say("Copied");
    } catch {
      getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
      button.textContent = "Press Ctrl+C";
      say("Selected; press Control and C to copy");
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

// A refusal is read first.
document.getElementById("refused")?.focus();

// In a narrow window the navigation is a strip: where one is, is seen.
const strip = document.querySelector(".side");
const here = strip?.querySelector("[aria-current]");
if (here && strip.scrollWidth > strip.clientWidth) strip.scrollLeft = here.offsetLeft - strip.clientWidth / 3;

// What was opened is closed by Escape, and the switcher by a click elsewhere.
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && event.target.closest?.("details.switcher[open], details.sure[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});
document.addEventListener("click", (event) => {
  const switcher = document.querySelector("details.switcher[open]");
  if (switcher && !switcher.contains(event.target)) switcher.open = false;
});

// The log. An event of the stream says that there is something new; the rows are fetched from the server as it writes them, so
// there is one template of them. Without the stream (a sign-in opens the pages, not the stream) they are asked for now and then.
const log = document.getElementById("log");
if (log) live(log);

function live(table) {
  const body = table.tBodies[0];
  const limit = Number(table.dataset.limit);
  const button = document.getElementById("pause");
  const state = document.getElementById("live-state");
  const SOON = 200, NOW_AND_THEN = 3000, SPOKEN = 10000; // ms
  let paused = false, waiting = false, fresh = 0, timer = 0, stream = null;

  button.hidden = state.hidden = false;
  show("connecting…");
  connect();

  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? "Resume" : "Pause";
    show(paused ? "paused" : "live");
    say(paused ? "The log is paused" : "The log is live again");
    if (!paused) soon();
  });

  // Not chatty: how many came, at most every ten seconds.
  setInterval(() => {
    if (fresh && !paused) say(fresh === 1 ? "1 new request" : `${fresh} new requests`);
    fresh = 0;
  }, SPOKEN);

  function show(word) {
    state.textContent = word;
    state.className = `state ${word === "live" ? "on" : ""}`;
  }

  function connect() {
    stream = new EventSource(table.dataset.stream);
    stream.addEventListener("open", () => { if (!paused) show("live"); soon(); });
    stream.addEventListener("request", soon);
    stream.addEventListener("lost", soon);
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) { if (!paused) show("connecting…"); return; }
      if (!timer) timer = setInterval(fetchRows, NOW_AND_THEN);
      if (!paused) show("live");
    });
  }

  // A browser has six connections to a host: a tab that nobody looks at gives its own back.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stream.close();
    else if (timer) soon();
    else if (stream.readyState === EventSource.CLOSED) connect();
  });

  function soon() {
    if (waiting || paused) return;
    waiting = true;
    setTimeout(() => { waiting = false; fetchRows(); }, SOON);
  }

  async function fetchRows() {
    if (paused || document.hidden) return;
    const answer = await fetch(table.dataset.rows).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) { show("not connected"); return; }
    const holder = document.createElement("table");
    holder.innerHTML = `<tbody>${await answer.text()}</tbody>`;
    put([...holder.tBodies[0].rows]);
  }

  // Only what is new is put in, above the rest: what has the focus keeps it.
  function put(rows) {
    const known = new Set([...body.rows].map((row) => row.dataset.id));
    const added = rows.filter((row) => !known.has(row.dataset.id));
    for (const row of added) row.classList.add("fresh");
    body.prepend(...added);
    while (body.rows.length > limit && !body.lastElementChild.contains(document.activeElement)) body.lastElementChild.remove();
    fresh += added.length;
    if (added.length) document.getElementById("no-entries")?.remove();
  }
}
