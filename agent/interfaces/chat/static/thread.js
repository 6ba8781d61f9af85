/* The conversation: ask, show what is being done at once, put the answer in its place, stop. */
"use strict";
(() => {
  const so = window.ShopOps;
  const make = (tag, name, text) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  so.make = make;

  so.thread = () => {
    const box = so.find("#question");
    box.addEventListener("input", () => fit(box));
    box.addEventListener("keydown", (event) => {
      // a Chinese input method confirms its choice with Enter: that asks nothing
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
        event.preventDefault();
        so.ask(box.value);
      }
      if (event.key === "Escape" && so.busy) so.stop();
    });
    so.find("#ask").addEventListener("click", () => so.ask(box.value));
    so.find("#stop").addEventListener("click", () => so.stop());
    so.find(".so-ask").addEventListener("submit", (event) => event.preventDefault());
  };

  const fit = (box) => {
    box.style.height = "auto";
    box.style.height = Math.min(box.scrollHeight, 160) + "px";
  };

  const ready = (busy) => {
    so.busy = busy;
    so.find("#ask").hidden = !!busy;
    so.find("#stop").hidden = !busy;
    so.find("#language").disabled = !!busy;
    so.find("#model").disabled = !!busy;
  };

  const welcome = (shown) => { so.find(".so-welcome").hidden = !shown; };

  so.ask = (text) => {
    const asked = text.trim(), box = so.find("#question");
    if (!asked) { so.tell(so.words.empty); box.focus(); return; }
    if (so.busy) { so.tell(so.words.busy); return; }
    so.show("chat");
    welcome(false);
    so.all(".so-next").forEach((old) => old.remove()); // they would ask out of their place
    const turn = make("article", "so-turn");
    const working = make("div", "so-working");
    working.setAttribute("role", "status");
    working.append(make("i", "so-dot"), make("span", "", so.words.understand));
    turn.append(make("div", "so-question", asked.slice(0, 2000)), working);
    so.find(".so-turns").append(turn);
    so.conversation = so.conversation || mark();
    place();
    box.value = "";
    fit(box);
    ready({ id: mark(), turn, working, began: performance.now(), heard: performance.now() });
    watch(so.busy);
    const model = so.find("#model").value; // asked before anything is laid out: the network begins at once
    so.trigger("ask", { turn: so.busy.id, text: asked, conversation: so.conversation, model });
    turn.scrollIntoView({ block: "start", behavior: so.calm() ? "auto" : "smooth" });
  };

  const mark = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  const place = () => history.replaceState(null, "", so.conversation ? "#c/" + so.conversation : location.pathname);

  /* News of the question: a stage, the text so far, or the answer. Each is whole, so that none is missed. */
  so.hear = (value) => {
    if (!value) return;
    const news = JSON.parse(value), busy = so.busy;
    if (!busy || news.turn !== busy.id) return;
    busy.heard = performance.now();
    if (news.out) { so.out(); return; }
    if (news.say) busy.working.lastChild.textContent = news.say;
    if (news.text) written(busy, news.text);
    if (!news.done) return;
    busy.working.remove();
    if (busy.text) busy.text.remove();
    const answer = document.createRange().createContextualFragment(news.html);
    busy.turn.append(answer);
    so.settle(busy.turn);
    busy.turn.dataset.ms = Math.round(performance.now() - busy.began);
    ready(null);
    so.history();
    const box = so.find("#question");
    if (document.activeElement === document.body) box.focus({ preventScroll: true });
  };

  /* A server that went away says nothing: after a while of silence it is asked whether it is still there. */
  const SILENT = 10000, LOST = 300000; // milliseconds
  const watch = (busy) => setTimeout(async () => {
    if (so.busy !== busy) return;
    const silence = performance.now() - busy.heard;
    if (silence > SILENT && (silence > LOST || !(await so.call("history")))) {
      busy.working.replaceChildren(make("span", "", so.words.lost));
      ready(null);
    } else watch(busy);
  }, SILENT / 2);

  const written = (busy, text) => {
    if (!busy.text) {
      busy.text = make("div", "so-text so-writing");
      busy.text.append(make("p"));
      busy.turn.insertBefore(busy.text, busy.working);
    }
    busy.text.firstChild.textContent = text;
  };

  so.stop = () => { if (so.busy) so.trigger("stop", { turn: so.busy.id }); };

  so.fresh = () => {
    if (so.busy) so.stop();
    so.conversation = null;
    so.find(".so-turns").replaceChildren();
    welcome(true);
    place();
    so.show("chat");
    so.find("#question").focus();
  };

  /* A conversation of before, as it was shown. */
  so.open = async (id) => {
    if (so.busy) { so.tell(so.words.busy); return; }
    const found = await so.call("open", { id });
    if (!found) { if (so.conversation === null) history.replaceState(null, "", location.pathname); return; }
    if (found.store !== so.store && so.moved !== id) { // it is about another shop: that one is asked from here on
      so.moved = id;
      so.chosen("store", found.store);
      history.replaceState(null, "", "#c/" + id);
      await so.frame();
      return;
    }
    const turns = so.find(".so-turns");
    turns.innerHTML = found.html;
    so.conversation = found.conversation;
    welcome(false);
    place();
    so.show("chat");
    so.all(".so-next", turns).slice(0, -1).forEach((old) => old.remove());
    so.settle(turns);
    if (turns.lastElementChild) turns.lastElementChild.scrollIntoView({ block: "start" });
    so.find("#question").focus({ preventScroll: true });
    so.history();
  };

  so.history = async () => {
    const found = await so.call("history");
    if (!found) return;
    so.find(".so-history").innerHTML = found.html;
    so.all(".so-past").forEach((past) => {
      if (past.dataset.id === so.conversation) past.setAttribute("aria-current", "true");
    });
  };

  /* What has come into the page: draw its charts. */
  so.settle = (within) => so.all(".so-chart", within).forEach(so.chart);
})();
