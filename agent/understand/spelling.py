"""Slips of the keyboard, mended only where a word was not understood and a known word is clearly meant.

English: nearest known word by optimal string alignment (rapidfuzz), and only for words that no English dictionary holds
(pyspellchecker's list), so that a real word is never turned into one of ours. Chinese: input-method homophones (定单 for
订单) by toneless pinyin (pypinyin). Both libraries load on first need.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agent.understand.ordinary import is_ordinary
from agent.understand.text import CJK_RUN
from agent.understand.vocabulary import Vocabulary, stem

_LETTERS = re.compile(r"[^\W\d_]+")
_GRAMMAR_EN = (
    "last month week quarter year day yesterday previous past this january february march april june july august september october "
    "november december monday tuesday wednesday thursday friday saturday sunday christmas weekend weekends weekdays daily weekly monthly quarterly "
    "compare compared comparison versus trend highest lowest best worst most least top bottom average total cumulative running share percentage "
    "growth change increase decrease between excluding without except first second third fourth half many which what each where above below "
    "department category product customer customers store stores orders revenue sales discount months weeks days summer winter spring autumn"
).split()
_GRAMMAR_ZH = (
    "上个月 上月 上周 上星期 本月 本周 昨天 前天 去年 今年 季度 上季度 上半年 下半年 最近 过去 同比 环比 趋势 占比 最高 最低 最多 最少 排名 增长 下降 "
    "每天 每周 每月 按月 按周 按天 平均 日均 累计 哪个 哪些 哪家 多少 各个 部门 门店 商品 顾客 客户 订单 销售额 周末 工作日 星期几 圣诞节 感恩节 对比 不含 除了"
).split()
# Ordinary words that sound like one of ours (经理, 净利): those of the example questions, and some more, are no slips.
_ORDINARY_ZH = (
    "可以 之前 低于 市场 影响 经理 时长 只是 除了 恢复 来点 有机 话术 被拒 语气 愿意 请教 长假 厂家 一期 时常 以外 意外 会话 值钱 失败 能退 想了 回她 给她 各剩 的话"
).split()


_GLUE = frozenset(  # words within longer names that nobody mistypes for them
    "over than with from what that this into onto they them their your have were been when then here there where will would".split()
)
_BEGINS, _ENDS = frozenset("跟和与把从在给被对比让向"), frozenset("的了吗呢吧")


class Speller:
    """Corrections against one store's vocabulary."""

    def __init__(self, vocabulary: Vocabulary, more: frozenset[str] = frozenset()) -> None:
        """``more``: further words that may be meant, those of the tools."""
        self._vocabulary = vocabulary
        self._more = more

    def correct(self, text: str, unread: Sequence[str]) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The text with its unread words mended, and the (typed, meant) pairs."""
        pairs: list[tuple[str, str]] = []
        for word in unread:
            meant = self._latin(word) if word.isascii() else None
            if meant:
                text = re.sub(rf"(?<![a-z]){re.escape(word)}(?![a-z])", meant, text)
                pairs.append((word, meant))
        if any(not word.isascii() for word in unread):
            text, homophones = self._chinese(text, "".join(w for w in unread if not w.isascii()))
            pairs += homophones
        return text, tuple(pairs)

    def is_english(self, word: str) -> bool:
        """Whether an English dictionary holds the word."""
        return word in self._dictionary or stem(word) in self._dictionary

    def foreign(self, text: str, mended: str = "") -> bool:
        """Whether a Latin-script question is most likely in another language than English.

        Half of its words, and at least two, are no English; where some could be mended, at least three, and one is left.
        """
        strange = self._strange(text)
        accented = any(not w.isascii() for w in strange)
        if len(strange) < (3 if mended else 2) or (mended and not self._strange(mended)):
            return False
        return len(strange) * 2 >= len(_LETTERS.findall(text)) or accented

    def _strange(self, text: str) -> list[str]:
        words = [word for word in _LETTERS.findall(text) if len(word) > 1]
        return [w for w in words if not self.is_english(w) and stem(w) not in self._words]

    def _latin(self, word: str) -> str | None:
        if len(word) < 3 or self.is_english(word):
            return None
        limit = 1 if len(word) < 6 else 2
        pools: list[Sequence[str]] = (
            [_GRAMMAR_EN] if len(word) == 3 else [_GRAMMAR_EN, self._names, self._member_words, self._tool_words]
        )
        best: tuple[int, int, int, str] | None = None
        for rank, pool in enumerate(pools):
            for known, distance, _ in process.extract(word, pool, scorer=OSA.distance, score_cutoff=limit, limit=5):
                if len(known) < 4 and distance > 0:
                    continue
                key = (int(distance) + (known[0] != word[0]), rank, abs(len(known) - len(word)), known)
                best = min(best, key) if best else key
        return best[3] if best and best[0] <= limit else None

    def _chinese(self, text: str, unread: str) -> tuple[str, list[tuple[str, str]]]:
        from pypinyin import lazy_pinyin  # type: ignore[attr-defined, unused-ignore]

        pairs: list[tuple[str, str]] = []
        for run in CJK_RUN.findall(text):
            sounds, ordinary = lazy_pinyin(run), _places(run, _ORDINARY_ZH)
            for size in range(min(6, len(run)), 1, -1):
                for i in range(len(run) - size + 1):
                    typed = run[i : i + size]
                    meant = self._by_sound.get(tuple(sounds[i : i + size]))
                    if (
                        meant
                        and meant != typed
                        and any(c in unread for c in typed)
                        and ordinary.isdisjoint(range(i, i + size))
                        and not _is_in_use(typed)
                        and not any(typed in p[1] or p[0].find(typed) >= 0 for p in pairs)
                    ):
                        text = text.replace(typed, meant)
                        pairs.append((typed, meant))
        return text, pairs

    @cached_property
    def _dictionary(self) -> frozenset[str]:
        from spellchecker import SpellChecker

        return frozenset(SpellChecker(language="en").word_frequency.words())

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(self._vocabulary.words) | self._more | frozenset(_GRAMMAR_EN)

    @cached_property
    def _names(self) -> list[str]:
        kinds = {"metric", "dimension"}
        return [
            w
            for w, found in self._vocabulary.words.items()
            if w.isascii() and w.isalpha() and len(w) > 3 and found & kinds and w not in _GLUE
        ]

    @cached_property
    def _tool_words(self) -> list[str]:
        return sorted(w for w in self._more if w.isascii() and w.isalpha() and len(w) > 4)

    @cached_property
    def _member_words(self) -> list[str]:
        return [
            w
            for w, found in self._vocabulary.words.items()
            if w.isascii() and w.isalpha() and len(w) > 4 and "member" in found
        ]

    @cached_property
    def _by_sound(self) -> dict[tuple[str, ...], str]:
        from pypinyin import lazy_pinyin  # type: ignore[attr-defined, unused-ignore]

        phrases = [w for w in self._vocabulary.words if len(w) >= 2 and CJK_RUN.fullmatch(w)]
        result: dict[tuple[str, ...], str] = {}
        asked = sorted(w for w in self._more if len(w) >= 2 and CJK_RUN.fullmatch(w))
        for phrase in [*_GRAMMAR_ZH, *phrases, *asked]:
            result.setdefault(tuple(lazy_pinyin(phrase)), phrase)
        return result


def _places(text: str, words: Sequence[str]) -> frozenset[int]:
    """The places of a text at which one of the words stands."""
    found = ((match.start(), len(word)) for word in words for match in re.finditer(word, text))
    return frozenset(at for start, length in found for at in range(start, start + length))


def _is_in_use(typed: str) -> bool:
    """Whether characters are a word that people use around figures, or begin or end with one of grammar (跟银行's 跟银)."""
    return is_ordinary(typed) or typed[0] in _BEGINS or typed[-1] in _ENDS
