"""Text in: normal form, language, numbers in words. Everything after this works on the normal form."""

from __future__ import annotations

import re
import unicodedata

from db.errors import QuestionError

MAX_QUESTION_CHARS = 2_000  # the longest of 300 evaluation questions has 150; 2,000 leaves room for pasted context

_CJK = "\u3400-\u4dbf\u4e00-\u9fff"
CJK_RUN = re.compile(f"[{_CJK}]+")
_OTHER_SCRIPT = re.compile(r"[\u0400-\u052f\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\uac00-\ud7af]")

_EN_NUMBERS = {
    w: i
    for i, w in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100, "a couple of": 2, "dozen": 12}
EN_NUMBER = (
    r"(?:\d+(?:,\d{3})*|" + "|".join(sorted((w for w in _EN_NUMBERS if w != "zero"), key=len, reverse=True)) + ")"
)
ZH_NUMBER = r"(?:\d+|[一二两三四五六七八九十]+)"
_ZH_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}

_ZH_FEW = {"俩": 2, "仨": 3}

_SMART = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "～": "~", "﹣": "-"})


def normalise(text: str) -> str:
    """Half-width, lower case, plain quotes and dashes, single spaces.

    Raises:
        QuestionError: empty, longer than ``MAX_QUESTION_CHARS``, or with control characters.

    >>> normalise("ＧＭＶ  上个月？")
    'gmv 上个月?'
    """
    if len(text) > MAX_QUESTION_CHARS:
        raise QuestionError(
            f"The question has {len(text):,} characters; the limit is {MAX_QUESTION_CHARS:,}.",
            "Ask one thing at a time, in a sentence or two.",
        )
    folded = unicodedata.normalize("NFKC", text).translate(_SMART)
    folded = re.sub(r"[\t\r\n]+", " ", folded)
    if any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Cn"} for c in folded):
        raise QuestionError("The question holds control characters.", "Type it again as plain text.")
    folded = "".join(c for c in folded if unicodedata.category(c) != "Cf")
    folded = re.sub(r"\s+", " ", folded).strip().casefold()
    folded = re.sub(r"\b(?:a )?fortnight\b", "2 weeks", folded)
    if not re.search(r"\w", folded):
        raise QuestionError("The question is empty.", 'Try: shopops ask "revenue by department last month"')
    return folded


def detect_language(text: str) -> str | None:
    """ "zh" or "en" by the share of Chinese characters against Latin words; None for another script.

    >>> detect_language("上个月的gmv是多少"), detect_language("what was 客单价 last month")
    ('zh', 'en')
    """
    if _OTHER_SCRIPT.search(text):
        return None
    chinese = sum(len(run) for run in CJK_RUN.findall(text))
    latin = len(re.findall(r"[a-z]+", text))
    return "zh" if chinese and chinese >= latin else "en"


def parse_number(words: str) -> int | None:
    """A whole number written in digits, English or Chinese.

    >>> parse_number("1,200"), parse_number("twelve"), parse_number("二十一"), parse_number("十")
    (1200, 12, 21, 10)
    """
    words = words.strip().replace(",", "")
    if words.isdigit():
        return int(words)
    if words in _EN_NUMBERS:
        return _EN_NUMBERS[words]
    if words in _ZH_FEW:
        return _ZH_FEW[words]
    if words and all(c in _ZH_DIGITS or c == "十" for c in words):
        tens, ten, ones = words.rpartition("十")
        if not ten:
            return int("".join(str(_ZH_DIGITS[c]) for c in words))
        return (_ZH_DIGITS.get(tens, 1) if tens else 1) * 10 + (_ZH_DIGITS[ones] if ones else 0)
    return None
