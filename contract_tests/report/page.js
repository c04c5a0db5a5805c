"use strict";
(() => {
  const form = document.querySelector(".filter");
  const input = form.querySelector("input[type=search]");
  const boxes = [...form.querySelectorAll("input[type=checkbox]")];
  const said = form.querySelector("output");
  const fold = document.querySelector(".fold");
  const entries = [...document.querySelectorAll("main [data-verdict]")];
  const rules = entries.filter((entry) => entry.id);
  const texts = new Map();

  // The text of an entry, read when it is first asked for: a report may hold megabytes.
  const text = (entry) => {
    if (!texts.has(entry)) texts.set(entry, entry.textContent.toLowerCase());
    return texts.get(entry);
  };

  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const active = words.length > 0 || verdicts.size < boxes.length;
    const matching = new Set();
    for (const entry of rules) {
      const shown = verdicts.has(entry.dataset.verdict) && words.every((word) => text(entry).includes(word));
      entry.hidden = !shown;
      if (shown) matching.add(entry.id);
    }
    for (const row of entries) if (!row.id) row.hidden = !matching.has(row.querySelector("a").textContent);
    for (const holder of document.querySelectorAll("main .band, main tbody, main section"))
      holder.hidden = active && !holder.querySelector("[data-verdict]:not([hidden])");
    if (fold && words.length > 0) fold.open = true;
    said.textContent = active ? `${matching.size} of ${rules.length} rules` : "";
  };

  let pending;
  input.addEventListener("input", () => { clearTimeout(pending); pending = setTimeout(filter, 120); });
  form.addEventListener("change", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, textarea") || event.ctrlKey || event.metaKey || event.altKey;
    if (event.key === "/" && !typing) { event.preventDefault(); input.focus(); }
    if (event.key === "Escape" && event.target === input) { input.value = ""; filter(); }
  });

  // A link to what is folded or filtered away shows it.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden || target.closest("[hidden]")) { input.value = ""; for (const box of boxes) box.checked = true; filter(); }
    for (let each = target.closest("details"); each; each = each.parentElement.closest("details")) each.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);

  const copied = async (code) => {
    try { await navigator.clipboard.writeText(code.textContent); return true; } catch { /* a file:// page may not */ }
    getSelection().selectAllChildren(code);
    return document.execCommand("copy");
  };
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.textContent = (await copied(button.previousElementSibling)) ? "Copied" : "Select";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }

  // Paper cannot be unfolded.
  let folded = [];
  addEventListener("beforeprint", () => { folded = [...document.querySelectorAll("details:not([open])")]; for (const each of folded) each.open = true; });
  addEventListener("afterprint", () => { for (const each of folded) each.open = false; });

  form.hidden = false;
  const bar = () => document.documentElement.style.setProperty("--bar", `${form.offsetHeight}px`);
  addEventListener("resize", bar);
  bar();
  reveal();
})();
