"""Handbook text as data: whatever stands in a file is cleaned before it is shown, split into sentences and words.

A handbook is *tainted*: it may hold links, markup or words aimed at a language model. None of it survives as anything
but the letters of a quotation.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Language = Literal["en", "zh"]

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_IMAGE = re.compile(r"!\[[^\]]{0,300}\]\([^()]{0,1000}\)")
_LINK = re.compile(r"\[([^\[\]]{0,300})\](?:\((?:[^()]|\([^()]*\)){0,1000}\)|\[[^\]]{0,100}\])")
_URL = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,15}://|\bwww\.|\b(?:javascript|data|mailto):)[^\s<>\"'）)，。；]+", re.IGNORECASE
)
_MARK = re.compile(r"\[\s*f\d+(?:[\s,、f\d]*)\]", re.IGNORECASE)  # a citation of ours, which no file may forge
_EMPHASIS = re.compile(r"(\*\*|__|\*|`+|~~)(?=\S)(.+?)(?<=\S)\1")
_HIDDEN = {"Cc", "Cf", "Co", "Cs"}  # control, invisible and reordering characters

_ABBREVIATIONS = r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bMr\.)(?<!\bMrs\.)(?<!\bDr\.)(?<!\bNo\.)(?<!\bvs\.)(?<!\bapprox\.)"
_STOP = re.compile(rf"(?<=[.!?]){_ABBREVIATIONS}\s+(?=[\"“'‘(]?[A-Z0-9])|(?<=[。！？])\s*(?=[^”」』）。！？])")

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?")
_HAN_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_STOP_WORDS = frozenset(
    "a an the and or but if of to in on at by for from with without about as is are was were be been being am do "
    "does did done doing have has had can could may might must shall should will would i me my we us our ours you "
    "your yours he she they them their it its this that these those there here what which who whom whose when "
    "where why how than then so not no yes any some all each many much long often please tell let know want need "
    "get got say says said into just customer customers client clients shopper shoppers people someone somebody "
    "anyone person policy policies handbook manual rule rules ok okay allowed ".split()
)
_ZH_STOP = re.compile(
    "请问|我们的?|咱们的?|顾客|客户|客人|用户|什么|怎么样?|怎样|如何|多少|多久|多长|哪些|哪里|哪个|几个|是不是|能不能|可不可以|有没有|可以|"
    "需要|应该|如果|时候|情况|政策|规定|手册|规则|吗|呢|啊|吧|的|了|是|在|和|与|或|及|就|都|还|也|要|会|有|能|给|把|被|让|对|说|想|请|么|"
    "一下|一个|这个|那个|我|你|他|她|它|您|里|上|下|咱"
)
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", "e"), ("s", ""))


def clean(text: str) -> str:
    """One line of plain words: no markup, no links, no invisible characters, no citation marks of ours.

    >>> clean("See **[our page](https://evil.example/x)** or www.evil.example [f1]\u200b.")
    'See our page or (link removed) .'
    """
    text = _IMAGE.sub(" ", _COMMENT.sub(" ", text))
    text = _LINK.sub(r"\1", text)
    removed = "（链接已移除）" if HAN.search(text) else "(link removed)"
    text = _URL.sub(removed, _TAG.sub(" ", text))
    for _ in range(2):  # emphasis inside emphasis
        text = _EMPHASIS.sub(r"\2", text)
    text = "".join(" " if c in "\t\n\r" else "" if unicodedata.category(c) in _HIDDEN else c for c in text)
    return " ".join(_MARK.sub(" ", text).split())


def language_of(text: str) -> Language:
    """The language of a text, by its letters: a Chinese sentence may hold English names, hardly the reverse.

    >>> language_of("能用 loyalty card 吗"), language_of("How do I return 牛奶 that has gone off?")
    ('zh', 'en')
    """
    han = len(HAN.findall(text))
    words = len(re.findall(r"[A-Za-z]+", text))
    return "zh" if han and han >= words else "en"


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a paragraph.

    >>> sentences("Within 30 days. A fee of $5.99 applies, e.g. by carrier.")
    ('Within 30 days.', 'A fee of $5.99 applies, e.g. by carrier.')
    >>> sentences("30天内可退。须未拆封。")
    ('30天内可退。', '须未拆封。')
    """
    return tuple(part.strip() for part in _STOP.split(text) if part.strip())


def words(text: str) -> list[str]:
    """The words that carry meaning: English ones by a light stem, Chinese by pairs of characters.

    >>> words("How long do customers have to return the items?"), words("退货期限是多久")
    (['return', 'item'], ['退货', '货期', '期限'])
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    found = [_stem(w) for w in _WORD.findall(folded) if w not in _STOP_WORDS]
    for run in _HAN_RUN.findall(_ZH_STOP.sub(" ", folded)):
        found += [run] if len(run) == 1 else [run[i : i + 2] for i in range(len(run) - 1)]
    return found


def _stem(word: str) -> str:
    """A light stemmer: plurals, -ing and -ed; enough to meet "returned" with "returns"."""
    word = word.removesuffix("'s")
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:  # "red", "bus" stay whole
            word = word[: -len(ending)] + instead
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "lsz":  # "shipped" → "ship"
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word
