/* An answer in the hand: open a figure's cell, sort a table, copy, thumbs. One listener for the whole page. */
"use strict";
(() => {
  const so = window.ShopOps;

  /* Show the cell that a figure or a mark of a chart came from. */
  so.cell = (id, from) => {
    const cell = document.getElementById(id);
    if (!cell) return;
    so.all(".so-hit").forEach((old) => { old.classList.remove("so-hit"); old.removeAttribute("tabindex"); });
    cell.classList.add("so-hit");
    cell.tabIndex = -1;
    const scroll = cell.closest(".so-scroll"), to = cell.getBoundingClientRect(), frame = scroll.getBoundingClientRect();
    scroll.scrollTop += to.top - frame.top - frame.height / 2;
    scroll.scrollLeft += to.left - frame.left - frame.width / 2;
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", behavior: so.calm() ? "auto" : "smooth" });
    so.cameFrom = from;
    const head = cell.closest("table").tHead.rows[0].cells[cell.cellIndex].textContent;
    so.tell(`${cell.parentNode.cells[0].textContent} · ${head}: ${cell.textContent}`);
  };

  const collator = new Intl.Collator(undefined, { numeric: true });
  const key = (row, column) => row.cells[column].dataset.v;

  const sort = (head) => {
    const column = head.cellIndex, body = head.closest("table").tBodies[0];
    // numbers begin with the largest, words with the first
    const numbers = head.classList.contains("so-number"), now = head.getAttribute("aria-sort");
    const direction = numbers ? (now === "descending" ? 1 : -1) : (now === "ascending" ? -1 : 1);
    const rows = Array.from(body.rows);
    rows.sort((a, b) => {
      const one = key(a, column), other = key(b, column);
      if (one === "" || other === "") return (one === "") - (other === ""); // missing ones last, either way
      return direction * (numbers ? Number(one) - Number(other) : collator.compare(one, other));
    });
    so.all("th", head.parentNode).forEach((th) => th.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
    body.append(...rows);
  };

  const thumb = async (button, up, why) => {
    const answer = button.closest(".so-answer"), id = answer.dataset.answer;
    const said = await so.call("thumb", { id, up, why: why || "" });
    if (!said) return;
    so.all('[data-do="up"], [data-do="down"]', answer).forEach((b) => b.setAttribute("aria-pressed", "false"));
    so.find(`[data-do="${up ? "up" : "down"}"]`, answer).setAttribute("aria-pressed", "true");
    so.find(".so-thanks", answer).textContent = said.said;
  };

  const ask_why = (button) => {
    const foot = button.closest(".so-foot");
    if (foot.nextElementSibling && foot.nextElementSibling.matches(".so-why")) { foot.nextElementSibling.remove(); return; }
    const form = so.make("form", "so-why");
    form.setAttribute("aria-label", so.words.why);
    form.append(so.make("strong", "", so.words.why));
    const reasons = so.make("div", "so-choices");
    so.words.reasons.split("|").forEach((reason) => {
      const chip = so.make("button", "so-chip", reason);
      chip.type = "button";
      chip.setAttribute("aria-pressed", "false");
      chip.addEventListener("click", () => chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") === "false"));
      reasons.append(chip);
    });
    const more = so.make("input", "so-input");
    more.maxLength = 500;
    more.placeholder = so.words.more;
    more.setAttribute("aria-label", so.words.more);
    const send = so.make("button", "so-button so-primary", so.words.send);
    send.type = "submit";
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const chosen = so.all('[aria-pressed="true"]', reasons).map((chip) => chip.textContent);
      await thumb(button, false, [...chosen, more.value.trim()].filter(Boolean).join("; "));
      form.remove();
      button.focus();
    });
    form.append(reasons, more, send);
    foot.after(form);
    reasons.firstChild.focus();
  };

  const copy = async (button) => {
    const text = so.all(".so-text p:not(.so-note)", button.closest(".so-answer")).map((p) => p.textContent).join("\n");
    try { await navigator.clipboard.writeText(text); so.tell(so.words.copied); } catch { so.tell(text); }
  };

  const decide = async (button, name) => {
    const proposal = button.closest(".so-proposal");
    so.all("button", proposal).forEach((b) => { b.disabled = true; });
    const said = await so.call(name, { id: button.dataset.id });
    if (!said) { so.all("button", proposal).forEach((b) => { b.disabled = false; }); return; }
    so.find(".so-choices", proposal).replaceChildren(so.make("p", "so-note", said.said));
    if (said.file) {
      const link = so.make("a", "so-button", said.name);
      link.href = said.file;
      link.download = said.name;
      so.find(".so-choices", proposal).append(link);
    }
  };

  so.deeds = {
    up: (button) => thumb(button, true),
    down: (button) => ask_why(button),
    copy,
    confirm: (button) => decide(button, "confirm"),
    decline: (button) => decide(button, "decline"),
  };

  so.listen = () => {
    document.addEventListener("click", (event) => {
      const hit = event.target.closest("[data-cell], .so-sort, [data-ask], [data-do], [data-tab]");
      if (!hit || !so.root.contains(hit)) return;
      if (hit.dataset.cell) so.cell(hit.dataset.cell, hit);
      else if (hit.matches(".so-sort")) sort(hit.closest("th"));
      else if (hit.dataset.ask) so.ask(hit.dataset.ask);
      else if (hit.dataset.tab) so.show(hit.dataset.tab);
      else if (so.deeds[hit.dataset.do]) so.deeds[hit.dataset.do](hit);
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      if (so.cameFrom && document.activeElement && document.activeElement.matches(".so-hit")) {
        so.cameFrom.focus();
        so.cameFrom = null;
      } else if (so.find(".so-app.so-open")) so.deeds.menu();
    });
  };
})();
