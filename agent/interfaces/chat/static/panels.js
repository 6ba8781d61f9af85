/* The frame: tabs, the side, history, language, theme; and what the tabs' own buttons do. */
"use strict";
(() => {
  const so = window.ShopOps;
  const LOADED = ["dashboard", "briefs", "data", "review"];

  so.panels = () => {
    so.find("#language").addEventListener("change", async (event) => {
      so.chosen("language", event.target.value);
      await so.frame();
      so.find("#language").focus();
    });
    if (so.find("#store")) so.find("#store").addEventListener("change", (event) => shop(event.target.value));
    so.find("#model").addEventListener("change", (event) => so.kept("model", event.target.value));
    so.find(".so-veil").addEventListener("click", () => so.deeds.menu());
  };

  /* Another shop: its own conversation, its own figures. */
  const shop = async (name) => {
    so.chosen("store", name);
    so.fresh();
    await so.frame();
  };

  const connect = async (form) => {
    const wait = so.find(".so-wait", form), files = so.find("input[type=file]", form).files;
    so.all("button", form).forEach((b) => { b.disabled = true; });
    wait.textContent = so.words.looking;
    const sent = Object.fromEntries(["name", "address"].map((name) => [name, so.find(`[name=${name}]`, form).value]));
    const said = files.length ? await so.send("chat/upload", new FormData(form)) : await so.call("connect_look", sent);
    so.all("button", form).forEach((b) => { b.disabled = false; });
    wait.textContent = "";
    if (said) form.closest(".so-panel").innerHTML = said.html;
  };

  so.show = async (name) => {
    const panel = so.find("#panel-" + CSS.escape(name));
    if (!panel) return;
    so.all(".so-panel").forEach((other) => { other.hidden = other !== panel; });
    so.all(".so-tab").forEach((tab) => {
      if (tab.dataset.tab === name) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    });
    if (so.find(".so-app.so-open")) so.deeds.menu();
    if (name === "chat") { so.place(); return; }
    history.replaceState(null, "", "#" + name);
    if (LOADED.includes(name)) await so.load(name);
  };
  so.place = () => history.replaceState(null, "", so.conversation ? "#c/" + so.conversation : location.pathname);

  so.load = async (name, sent) => {
    const panel = so.find("#panel-" + name);
    if (!panel.firstChild) panel.append(so.make("div", "so-skeleton"));
    panel.setAttribute("aria-busy", "true");
    const found = await so.call(name, sent);
    panel.removeAttribute("aria-busy");
    if (!found) { if (panel.querySelector(".so-skeleton")) panel.replaceChildren(so.make("p", "so-note so-apart", so.find(".so-told").textContent)); return; }
    panel.innerHTML = found.html;
    so.settle(panel);
  };

  const trend = (button) => {
    const panel = button.closest(".so-panel");
    so.all(".so-kpi-open", panel).forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    so.all(".so-trend", panel).forEach((chart) => { chart.hidden = chart.dataset.metric !== button.dataset.metric; });
    so.settle(panel);
  };

  const filter = (input) => {
    const wanted = input.value.trim().toLowerCase();
    so.all("[data-search]", input.closest(".so-panel")).forEach((row) => {
      row.hidden = !row.dataset.search.toLowerCase().includes(wanted);
    });
  };
  document.addEventListener("input", (event) => { if (event.target.matches(".so-filter")) filter(event.target); });

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.matches(".so-connect")) { event.preventDefault(); connect(form); return; }
    if (!form.matches("form[data-send]")) return;
    event.preventDefault();
    const sent = {};
    new FormData(form).forEach((value, key) => { sent[key] = key in sent ? [].concat(sent[key], value) : value; });
    so.all("button", form).forEach((b) => { b.disabled = true; });
    if (form.dataset.wait) so.find(".so-wait", form).textContent = so.words.writing;
    const said = await so.call(form.dataset.send, sent);
    so.all("button", form).forEach((b) => { b.disabled = false; });
    if (form.dataset.wait) so.find(".so-wait", form).textContent = "";
    if (!said) return;
    const panel = form.closest(".so-panel");
    if (said.html) { panel.innerHTML = said.html; so.settle(panel); }
    if (said.said) so.tell(said.said);
  });

  const within = async (button, name, sent) => {
    button.disabled = true;
    const said = await so.call(name, sent);
    button.disabled = false;
    if (!said) return;
    const panel = button.closest(".so-panel");
    if (said.html) { panel.innerHTML = said.html; so.settle(panel); }
    if (said.said) so.tell(said.said);
  };

  Object.assign(so.deeds, {
    menu: () => {
      const app = so.find(".so-app"), open = app.classList.toggle("so-open");
      so.find(".so-veil").hidden = !open;
      so.find(".so-menu").setAttribute("aria-expanded", String(open));
      (open ? so.find(".so-close") : so.find(".so-menu")).focus();
    },
    new: () => so.fresh(),
    open: (button) => so.open(button.dataset.id),
    delete: async (button) => {
      if (button.dataset.sure !== "1") {
        button.dataset.sure = "1";
        button.classList.add("so-sure");
        so.tell(so.words.sure);
        setTimeout(() => { delete button.dataset.sure; button.classList.remove("so-sure"); }, 4000);
        return;
      }
      const id = button.dataset.id, said = await so.call("delete", { id });
      if (!said) return;
      so.find(".so-history").innerHTML = said.html;
      so.tell(said.said);
      if (so.conversation === id) so.fresh();
    },
    theme: () => { const dark = !so.dark(); so.theme(dark); so.kept("theme", dark ? "dark" : "light"); },
    "sign-out": async () => { await fetch("signout", { method: "POST" }); so.out(); },
    trend,
    "connect-no": (button) => within(button, "connect_no", {}),
    "connect-yes": async (button) => {
      button.disabled = true;
      const said = await so.call("connect_yes");
      button.disabled = false;
      if (!said) return;
      await shop(said.store);
      so.tell(said.said);
    },
    brief: (button) => within(button, "brief", { id: button.dataset.id }),
    briefs: (button) => within(button, "briefs", {}),
    accept: (button) => within(button, "decide", { id: button.dataset.id, accept: true }),
    refuse: (button) => within(button, "decide", { id: button.dataset.id, accept: false }),
  });
})();
