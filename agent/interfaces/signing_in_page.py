"""What the sign-in page says and how it looks."""

from __future__ import annotations

from html import escape
from typing import Literal
from urllib.parse import quote

from agent.contracts import Language
from db.semantic.schema import Text

Said = Literal["nothing", "wrong", "throttled", "foreign", "unreadable", "unavailable"]
_SAID: dict[Said, Text | None] = {
    "nothing": None,
    "wrong": Text(en="Name and password do not match.", zh="用户名或密码不正确。"),
    "throttled": Text(en="Too many tries. Wait a minute and try again.", zh="尝试次数过多，请稍候一分钟再试。"),
    "foreign": Text(en="This form was sent from another site. Sign in here.", zh="该请求来自其他网站，请在此登录。"),
    "unreadable": Text(en="The form could not be read. Try again.", zh="无法读取表单，请重试。"),
    "unavailable": Text(en="Sign-in does not work right now. Try again in a moment.", zh="暂时无法登录，请稍后再试。"),
}
TITLE = Text(en="Sign in", zh="登录")
_SUBTITLE = Text(en="Your shop's operations analyst", zh="您店铺的运营分析师")
_NAME, _PASSWORD = Text(en="Name", zh="用户名"), Text(en="Password", zh="密码")
_FORGOTTEN = Text(
    en="No account, or the password forgotten? Ask whoever runs ShopOps here.",
    zh="没有账号或忘记密码？请联系本系统的管理员。",
)
# The chat's colours (agent/interfaces/chat/style.py): indigo on slate; every pair of text and ground is 4.5:1 or more.
_CSS = """
:root { color-scheme: light dark; --ground: #f8fafc; --card: #ffffff; --line: #cbd5e1; --edge: #64748b; --text: #0f172a;
  --soft: #475569; --accent: #4f46e5; --accent-over: #4338ca; --bad: #b42318; --bad-ground: #fef3f2; }
@media (prefers-color-scheme: dark) { :root { --ground: #0b1220; --card: #111a2b; --line: #334155; --edge: #94a3b8;
  --text: #e8edf5; --soft: #a9b6c9; --accent: #5b5ff0; --accent-over: #4f46e5; --bad: #fda29b;
  --bad-ground: #3a1614; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem 1rem;
  background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei",
  "Noto Sans CJK SC", sans-serif; }
main { width: 100%; max-width: 23rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 1.75rem; }
h1 { font-size: 1.25rem; font-weight: 650; margin: 0; }
p { margin: 0; }
.sub, .foot { color: var(--soft); font-size: .875rem; }
.sub { margin-bottom: 1.25rem; }
.foot { margin-top: 1.25rem; }
label { display: block; font-size: .875rem; font-weight: 550; margin: 0 0 .3rem; }
input { width: 100%; font: inherit; color: inherit; background: var(--card); border: 1px solid var(--edge);
  border-radius: 8px; padding: .55rem .7rem; margin-bottom: 1rem; }
button { width: 100%; font: inherit; font-weight: 600; color: #fff; background: var(--accent); border: 0;
  border-radius: 8px; padding: .65rem; cursor: pointer; }
button:hover { background: var(--accent-over); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.bad { color: var(--bad); background: var(--bad-ground); border-left: 3px solid var(--bad); border-radius: 4px;
  padding: .5rem .7rem; margin-bottom: 1rem; font-size: .9rem; }
nav { margin-top: .5rem; font-size: .875rem; }
a { color: var(--text); text-underline-offset: 2px; }
"""


def spoken(chosen: str | None, accepted: str) -> Language:
    """The page's language: the one chosen on it, or the first that the browser asks for and we speak.

    >>> spoken(None, "de-DE,de;q=0.9,zh-CN;q=0.8,en;q=0.7")
    'zh'
    """
    if chosen in ("en", "zh"):
        return "zh" if chosen == "zh" else "en"
    for part in accepted.lower().split(","):
        first = part.strip().split(";")[0].split("-")[0]
        if first in ("en", "zh"):
            return "zh" if first == "zh" else "en"
    return "en"


def page(language: Language, goal: str, said: Said, name: str) -> str:
    """The whole page."""
    told = _SAID[said]
    bad = f'<p class="bad" role="alert" id="said">{escape(told.of(language))}</p>' if told else ""
    other, label = ("zh", "中文") if language == "en" else ("en", "English")
    described = ' aria-describedby="said" aria-invalid="true"' if said == "wrong" else ""
    cursor = "password" if name else "name"

    def field(key: str, text: Text, kind: str, complete: str, value: str = "") -> str:
        focus = " autofocus" if key == cursor else ""
        return (
            f'<label for="{key}">{escape(text.of(language))}</label>'
            f'<input id="{key}" name="{key}" type="{kind}" autocomplete="{complete}" value="{escape(value)}" '
            f'required maxlength="200" autocapitalize="none" spellcheck="false"{focus}{described}>'
        )

    return (
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(TITLE.of(language))} · ShopOps</title><style>{_CSS}</style></head><body><main>"
        f'<h1>ShopOps</h1><p class="sub">{escape(_SUBTITLE.of(language))}</p>{bad}'
        f'<form method="post" action="/signin?language={language}">'
        f'<input type="hidden" name="next" value="{escape(goal)}">'
        f"{field('name', _NAME, 'text', 'username', name)}"
        f"{field('password', _PASSWORD, 'password', 'current-password')}"
        f'<button type="submit">{escape(TITLE.of(language))}</button></form>'
        f'<p class="foot">{escape(_FORGOTTEN.of(language))}</p>'
        f'<nav><a href="/signin?language={other}&amp;next={quote(goal, safe="")}" '
        f'lang="{other}">{label}</a></nav></main></body></html>'
    )
