"""Text for each service's own markup. What comes from data stays text: no link, no image, no mention, no heading.

A message's Markdown is paragraphs, ``-`` lists and ``**bold**``; everything else in it is meant as it stands.
"""

from __future__ import annotations

import re

_EMPTY = "\u200b"
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
# DingTalk's Markdown knows no escapes that all its clients honour, so the signs that make links, images and tags
# become their full-width twins, which look alike and mean nothing.
_TWINS = str.maketrans("[]<>`#|\\*_", "［］＜＞｀＃｜＼＊＿")
_FEISHU = {c: f"&#{ord(c)};" for c in "&<>*_~[]`#\\!$"}


def slack_text(text: str) -> str:
    """Text that Slack shows as it stands.

    >>> slack_text("<!channel> A&B")
    '&lt;!channel&gt; A&amp;B'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def slack_markdown(text: str) -> str:
    """A message's Markdown as Slack's mrkdwn: bold, and bullets for lists.

    >>> slack_markdown("**Up** 3 %\\n- a<b")
    '*Up* 3 %\\n• a&lt;b'
    >>> slack_markdown("本周**销售额**上升") == "本周\u200b*销售额*\u200b上升"
    True
    """
    lines = (f"• {line[2:]}" if line.startswith("- ") else line for line in slack_text(text).split("\n"))
    return _BOLD.sub(_slack_bold, "\n".join(lines))


def _slack_bold(found: re.Match[str]) -> str:
    """Slack sees no bold inside a word, and Chinese has no spaces: an empty mark stands for one."""
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    return f"{_EMPTY * before.isalnum()}*{found[1].strip()}*{_EMPTY * after.isalnum()}"


def feishu_text(text: str) -> str:
    """Text that a Feishu card's Markdown shows as it stands.

    >>> feishu_text("<at id=all></at> a*b")
    '&#60;at id=all&#62;&#60;/at&#62; a&#42;b'
    """
    return "".join(_FEISHU.get(c, c) for c in text).replace("://", "&#58;//")


def feishu_markdown(text: str) -> str:
    """A message's Markdown as a Feishu card's.

    >>> feishu_markdown("**Up** 3 %\\n- a_b")
    '**Up** 3 %\\n- a&#95;b'
    """
    return "".join(
        f"**{feishu_text(part)}**" if number % 2 else feishu_text(part) for number, part in enumerate(_BOLD.split(text))
    )


def dingtalk_text(text: str) -> str:
    """Text that DingTalk's Markdown shows as it stands.

    >>> dingtalk_text("![x](http://a/b.png)")
    '!［x］(http：//a/b.png)'
    """
    return text.translate(_TWINS).replace("://", "：//")


def dingtalk_markdown(text: str) -> str:
    """A message's Markdown as DingTalk's, whose lines need a blank line between them.

    >>> dingtalk_markdown("**Up** 3 %\\n- a")
    '**Up** 3 %\\n\\n- a'
    """
    marked = "".join(
        f"**{dingtalk_text(part)}**" if number % 2 else dingtalk_text(part)
        for number, part in enumerate(_BOLD.split(text))
    )
    return re.sub(r"\n+", "\n\n", marked)


def cut(text: str, most: int) -> str:
    """At most so many characters, with ``…`` where it was cut."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def pieces(text: str, most: int) -> list[str]:
    """The text in pieces of at most so many characters, cut at lines where it can be.

    >>> pieces("aa\\nbb\\ncccccc", 5)
    ['aa\\nbb', 'ccccc', 'c']
    """
    found: list[str] = []
    for line in text.split("\n"):
        while len(line) > most:
            found.append(line[:most])
            line = line[most:]
        if found and len(found[-1]) + 1 + len(line) <= most:
            found[-1] = f"{found[-1]}\n{line}"
        else:
            found.append(line)
    return [piece for piece in found if piece.strip()]
