/* The page's own script, no library: begin here. All markup comes from the server, escaped there; what this script adds
   by itself it adds as text. */
"use strict";
window.ShopOps = (() => {
  const so = { busy: null, conversation: null, words: {}, root: null };
  so.find = (selector, within) => (within || so.root).querySelector(selector);
  so.all = (selector, within) => Array.from((within || so.root).querySelectorAll(selector));
  so.calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  so.kept = (name, value) => {
    try {
      if (value === undefined) return localStorage.getItem("shopops-" + name);
      localStorage.setItem("shopops-" + name, value);
    } catch { /* a browser that keeps nothing */ }
    return null;
  };

  /* Say something to screen readers, and show it for a moment. */
  so.tell = (text) => {
    const told = so.find(".so-told");
    told.textContent = text;
    told.classList.add("so-seen");
    clearTimeout(so.telling);
    so.telling = setTimeout(() => told.classList.remove("so-seen"), 4000);
  };

  /* Ask the server for something besides an answer. */
  so.call = (name, sent) => so.send("chat/do/" + name, JSON.stringify(sent || {}), { "content-type": "application/json" });
  so.send = async (path, body, headers) => {
    let reply;
    try {
      reply = await fetch(path, { method: "POST", headers: { "x-shopops": "1", ...headers }, body });
    } catch {
      so.tell(so.words.lost);
      return null;
    }
    if (reply.status === 401) return so.out();
    const said = await reply.json().catch(() => ({ error: so.words.lost }));
    if (said.error) so.tell(said.error);
    return said.error ? null : said;
  };

  so.out = () => {
    location.assign("signin?next=" + encodeURIComponent(location.pathname));
    return null;
  };

  /* What was chosen on the page is told with every request: by a cookie, so that streams and downloads know it too. */
  so.chosen = (name, value) => {
    document.cookie = `shopops-${name}=${value}; path=/; max-age=${value ? 31536000 : 0}; samesite=lax`;
  };

  so.theme = (dark) => {
    document.body.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
  };
  so.dark = () => document.body.classList.contains("dark");

  /* Fetch the frame in the page's language and put it in place; again when the language changes. */
  so.frame = async () => {
    const reply = await fetch("chat/frame");
    if (reply.status === 401) return so.out();
    if (!reply.ok) {
      so.root.textContent = (await reply.json()).error;
      so.chosen("store", "");
      return;
    }
    so.root.innerHTML = await reply.text();
    const app = so.find(".so-app");
    so.words = JSON.parse(app.dataset.words);
    so.store = app.dataset.store;
    document.documentElement.lang = app.dataset.language;
    const model = so.kept("model"), select = so.find("#model");
    if (model && Array.from(select.options).some((o) => o.value === model)) select.value = model;
    so.thread();
    so.panels();
    const place = location.hash.slice(1);
    if (place.startsWith("c/")) so.open(place.slice(2));
    else if (place) so.show(place);
    so.history();
    if (matchMedia("(min-width: 64rem)").matches) so.find("#question").focus();
  };

  so.start = async (element, trigger) => {
    so.root = element.querySelector("#shopops");
    so.trigger = trigger;
    const chosen = so.kept("theme");
    const system = matchMedia("(prefers-color-scheme: dark)");
    so.theme(chosen ? chosen === "dark" : system.matches);
    system.addEventListener("change", (event) => so.kept("theme") || so.theme(event.matches));
    const style = document.querySelector('link[href^="chat/app.css"]');
    if (style && !style.sheet) await new Promise((done) => { style.onload = style.onerror = done; });
    so.listen();
    await so.frame();
  };
  return so;
})();
