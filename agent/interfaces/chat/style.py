"""What Gradio itself is told of the look: system fonts only, so that nothing is fetched, and no frame of its own."""

from __future__ import annotations

import gradio as gr

FONTS = ["system-ui", "-apple-system", "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "DejaVu Sans Mono", "monospace"]


def theme() -> gr.themes.Base:
    """Gradio's plain theme with the system's fonts; the page's own colours are in static/base.css."""
    return gr.themes.Default(primary_hue="indigo", neutral_hue="slate", font=FONTS, font_mono=MONO)


CSS = """
.gradio-container { max-width: none !important; padding: 0 !important; margin: 0 !important; }
.main.fillable { padding: 0 !important; max-width: none !important; }
footer { display: none !important; }
"""
