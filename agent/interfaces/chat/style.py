"""How the page looks: system fonts only, so that nothing is fetched; both themes; readable on a phone."""

from __future__ import annotations

import gradio as gr

FONTS = ["system-ui", "-apple-system", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace"]


def theme() -> gr.themes.Base:
    """Gradio's plain theme with an indigo accent and the system's fonts."""
    return gr.themes.Default(primary_hue="indigo", neutral_hue="slate", font=FONTS, font_mono=MONO)


CSS = """
.gradio-container {
  width: 100% !important; max-width: 60rem !important; margin: 0 auto !important; padding: 0 1rem !important;
}
.main.fillable { padding: .3rem 0 0 !important; }
footer { display: none !important; }
.gradio-container main, .gradio-container .wrap, .gradio-container .column, #conversation {
  min-width: 0 !important; width: 100%;
}
#conversation, #conversation .bubble-wrap { background: transparent; }
/* Gradio's bin empties the page only; "New conversation" also forgets. */
#conversation .icon-button-wrapper { display: none; }
#conversation .message-wrap, #conversation .bot, #conversation .component { min-width: 0; max-width: 100%; }
.so-bar { align-items: center; padding: .6rem 0 .2rem; flex-wrap: nowrap; }
.so-title { font-size: 1.15rem; font-weight: 650; margin: 0; }
.so-title span { font-weight: 400; font-size: .85rem; color: var(--body-text-color-subdued); margin-left: .4rem; }
.so-ask { padding: .4rem 0 .8rem; align-items: end; flex-wrap: nowrap; }
.so-welcome { font-size: 1.05rem; color: var(--body-text-color-subdued); text-align: center; }
.so-question, .so-text p { white-space: pre-wrap; overflow-wrap: anywhere; }
.so-text p { margin: 0; line-height: 1.6; font-size: 1rem; }
.so-failed p, .so-refused p { border-left: 3px solid #d9534f; padding-left: .7rem; }
.so-stopped p { color: var(--body-text-color-subdued); }
.so-text .so-note, .so-note { font-size: .8rem; color: var(--body-text-color-subdued); margin: .3rem 0; }
.so-working { display: flex; align-items: center; gap: .6rem; color: var(--body-text-color-subdued); }
.so-dot { width: .55rem; height: .55rem; border-radius: 50%; background: var(--color-accent); }
.so-dot { animation: so 1s infinite alternate; }
@keyframes so { from { opacity: .25; } to { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { .so-dot { animation: none; } }
.so-evidence { margin: .8rem 0 0; }
.so-evidence figcaption { font-size: .85rem; font-weight: 600; margin-bottom: .35rem; }
.so-badge { font-weight: 500; font-size: .72rem; padding: .1rem .45rem; border-radius: 1rem; }
.so-badge { background: #b45309; color: #fff; }
.so-scroll { overflow: auto; max-height: 21rem; border: 1px solid var(--border-color-primary); border-radius: 8px; }
.so-scroll table { border-collapse: collapse; width: 100%; font-size: .88rem; margin: 0; }
.so-scroll th, .so-scroll td { padding: .4rem .75rem; text-align: left; white-space: nowrap; border: 0; }
.so-scroll th { position: sticky; top: 0; font-weight: 600; background: var(--background-fill-secondary); }
.so-scroll tbody tr { border-top: 1px solid var(--border-color-primary); background: none; }
.so-scroll .so-number { text-align: right; font-variant-numeric: tabular-nums; }
.so-how { margin-top: .8rem; font-size: .85rem; }
.so-how summary { cursor: pointer; color: var(--body-text-color-subdued); padding: .2rem 0; }
.so-how h4 { font-size: .8rem; font-weight: 600; margin: .7rem 0 .25rem; }
.so-how p, .so-how dl { margin: 0; }
.so-how dt { font-weight: 500; }
.so-how dd { margin: 0 0 .35rem; color: var(--body-text-color-subdued); }
.so-how pre {
  overflow: auto; max-height: 18rem; padding: .6rem .75rem; margin: 0; border-radius: 8px;
  font: .78rem/1.5 var(--font-mono);
  background: var(--background-fill-secondary); border: 1px solid var(--border-color-primary); white-space: pre-wrap;
}
@media (max-width: 40rem) {
  .gradio-container { padding: 0 .5rem !important; }
  #conversation .bubble-wrap { padding: .5rem .35rem; }
  #conversation .message-row { margin-left: 0 !important; margin-right: 0 !important; max-width: 100%; }
  .so-title span { display: none; }
  .so-scroll th, .so-scroll td { padding: .35rem .5rem; }
  .so-scroll td:not(.so-number) { white-space: normal; min-width: 6rem; }
}
"""
