"""Ids that nobody calls one: "1769 - what's he worth", 今晚给199、205发提醒, "cross-sell for 844165".

A number that stands by itself, where a name would stand, is an id when the store has one like it. What it is the id of
is told by where it exists and by the words around it; a tool takes the first of these that it can use
(:mod:`agent.understand.placing`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from agent.contracts import BareId
from agent.understand.dates import find_periods
from agent.understand.dates_en import Clock
from db.errors import QuestionError
from db.semantic.query import Scalar
from db.semantic.roles import role_dimension
from db.semantic.schema import StoreSchema

Span = tuple[int, int]
# argument of the tools -> the role and field that says what its ids are; stores are no argument but a filter
KINDS: Mapping[str, tuple[str, str]] = {
    "customers": ("sales", "customer"),
    "products": ("sales", "product"),
    "orders": ("sales", "order"),
    "stores": ("sales", "store"),
}
SHORTEST = 3  # digits of a number that is an id by itself; "offer 22 something" may as well be a slip for a count
SHORTEST_UNKNOWN = 4  # digits of one that the store does not have, so that the answer can say so
LONG = 9  # digits; so long a number is of nothing whose numbers are shorter
LONG_ENOUGH = 5  # digits of a number that the store has: nobody means such a one as a count
SHORTEST_ORDER = 5  # digits of an order's number, where a store gives no list of them
ROUND = 50  # people count in such steps: "a mailing for 200" names nobody
ROUND_LONG = 1_000
YEARS = range(1990, 2040)
LAST_DAY = 31  # 12号 is a day, 405号 is somebody


class KnownIds:
    """The ids of a store's customers, products, orders and stores: looked at when a number first looks like one.

    Args:
        members: gives the values of a dimension; the lexicon has read those already.
    """

    def __init__(self, schema: StoreSchema, members: Callable[[str], Sequence[Scalar]]) -> None:
        found = {kind: role_dimension(schema, role, field) for kind, (role, field) in KINDS.items()}
        self.dimensions: Mapping[str, str] = {kind: name for kind, name in found.items() if name}
        self.unlisted = tuple(
            kind for kind, (role, _) in KINDS.items() if role in schema.roles and kind not in self.dimensions
        )
        self._members = members
        self._sets: dict[str, frozenset[Scalar]] = {}
        self._lengths: dict[str, range] = {}
        self._numbers = {kind: schema.dimensions[name].value == "int" for kind, name in self.dimensions.items()}

    def value(self, kind: str, words: str) -> Scalar | None:
        """The store's own spelling of an id, or None where it has no such one."""
        if kind not in self.dimensions:
            return None
        if kind not in self._sets:
            self._sets[kind] = frozenset(self._members(self.dimensions[kind]))
        if self._numbers[kind]:
            return int(words) if words.isdigit() and int(words) in self._sets[kind] else None
        spellings = (words, words.upper(), words.capitalize())
        return next((each for each in spellings if each in self._sets[kind]), None)

    def kinds(self, words: str) -> tuple[str, ...]:
        """What an id is of, as far as the store lists them."""
        return tuple(kind for kind in KINDS if self.value(kind, words) is not None)

    def guess(self, words: str) -> tuple[str, ...]:
        """What an id may be of that the store does not list: first those whose ids are as long."""
        wanted = [kind for kind in KINDS if kind != "stores" and (kind in self.dimensions or kind in self.unlisted)]
        fit = tuple(kind for kind in wanted if self._as_long(kind, len(words)))
        return fit if len(words) >= LONG else (*fit, *(kind for kind in wanted if kind not in fit))

    def _as_long(self, kind: str, length: int) -> bool:
        if kind not in self.dimensions:
            return length >= SHORTEST_ORDER
        if kind not in self._lengths:
            known = self._members(self.dimensions[kind])
            ends = (min(known), max(known)) if self._numbers[kind] and known else known
            lengths = [len(str(value)) for value in ends]
            self._lengths[kind] = range(min(lengths, default=0), max(lengths, default=0) + 1)
        return length in self._lengths[kind]


@dataclass(frozen=True, slots=True)
class _Number:
    """A number in the text that may be an id, and where it stands."""

    words: str
    start: int
    end: int


def bare_ids(text: str, known: KnownIds, taken: Iterable[Span]) -> list[tuple[BareId, Span]]:
    """The ids of a clause that no noun announces, with their places.

    Args:
        text: in normal form. taken: places that something else has read (amounts, ids with a noun, names of members).
    """
    places = list(taken)
    numbers = [n for n in _numbers(text, known) if not _overlaps(n, places)]
    if numbers:
        dated = _dated(text)
        numbers = [n for n in numbers if not _overlaps(n, dated)]
    found: list[tuple[BareId, Span]] = []
    text = _without_digits(text, places)  # in "campaign 13 to 1512" no range begins
    for group in _groups(numbers, text):
        force = _force(text, group)
        for number in _accepted(group, force, known, text):
            listed = known.kinds(number.words)
            kinds = listed or (known.guess(number.words) if force >= SURE else ())
            if kinds:
                ordered = _ordered(kinds, text, group)
                sure = force >= SURE or (bool(listed) and len(number.words) >= LONG_ENOUGH)
                bare = BareId(_spelt(number.words, ordered[0], known), ordered, sure)
                found.append((bare, (number.start, number.end)))
    return found


def _without_digits(text: str, spans: Iterable[Span]) -> str:
    for start, end in spans:
        text = text[:start] + re.sub(r"\d", "·", text[start:end]) + text[end:]
    return text


def _spelt(words: str, kind: str, known: KnownIds) -> str:
    value = known.value(kind, words)
    return words if value is None else str(value)


# ------------------------------------------------------------------------------------------- where numbers stand

_NUMBER = re.compile(
    r"(?<![a-z\d_$€£¥/+%.])(?<!\d[,:~-])(?P<id>(?:[a-z]{1,6}[-_]?)?\d+(?:,\d+)*)(?![a-z\d_%‰°+]|[.:/~-]\d|,\d)",
    re.ASCII,
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+")
_NO_ID = re.compile(r"(?:q|h|w|fy|fy-?20|wk|v|ver|a|no|b2)-?\d{1,2}|fy-?\d{4}")


def _numbers(text: str, known: KnownIds) -> list[_Number]:
    """The numbers of a text; those between commas one by one, where they are no thousands."""
    found: list[_Number] = []
    for match in _NUMBER.finditer(text):
        words, start = match["id"], match.start("id")
        if not words[0].isdigit() and (_NO_ID.fullmatch(words) or not known.kinds(words)):
            continue
        parts = words.split(",")
        one_amount = _GROUPED.fullmatch(words) and not all(len(p) >= SHORTEST and known.kinds(p) for p in parts)
        for part in () if one_amount else parts:
            found.append(_Number(part, start, start + len(part)))
            start += len(part) + 1
    return found


_JOINED = re.compile(
    r" ?(?:,|、|&|/) ?(?:and |or |和|与|及)?(?:also )?#?| (?:and|or|plus|vs\.?|versus|against)(?: also)? #?|, (?:and|or) #?| ?(?:和|与|及|跟|还有|以及) ?"
)


def _groups(numbers: Sequence[_Number], text: str) -> list[list[_Number]]:
    """Numbers that are listed together."""
    groups: list[list[_Number]] = []
    for number in numbers:
        if (
            groups
            and not _new(groups[-1][-1], number, text)
            and _JOINED.fullmatch(text[groups[-1][-1].end : number.start])
        ):
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups


def _new(left: _Number, right: _Number, text: str) -> bool:
    """Whether a comma parts a year from a list: "367 vs 406, 2017", "2017, 367 and 406"."""
    ends = right.words.isdigit() and int(right.words) in YEARS and not _JOINED.match(text, right.end)
    begins = left.words.isdigit() and int(left.words) in YEARS and not _JOINED.search(text[: left.start])
    return text[left.end : right.start].strip() == "," and (ends or begins)


def _dated(text: str) -> list[Span]:
    """Where dates stand; which year they fall into does not matter here."""
    try:
        found = [(m.start, m.end) for m in find_periods(text, _ANY_CLOCK)]
    except QuestionError:
        return [(0, len(text))]  # an impossible date is refused elsewhere
    return [span for span in found if not text[slice(*span)].isdigit()]  # 2055 is weighed as a number, not as a year


# ------------------------------------------------------------------------------------- what the words around say

NO, MAYBE, SURE, POINTED = 0, 1, 2, 3  # how surely a number is used as a name
_EN_NOT_BEFORE = re.compile(
    r"(?:\b(?:top|first|last|next|past|previous|best|worst|bottom|about|around|approximately|roughly|nearly|almost|only|just"
    r"|exactly|up to|at least|at most|over|under|above|below|than|max|maximum|minimum|min|another|every|each|all|those|these"
    r"|the|an?|times|by|between|age[ds]?|spend|spent|pay|paid|cost|costs|costing|price[ds]?|save|saved|worth|have|had|need|want|got|was|were|made|sold|took|hit"
    r"|reach(?:ed)?|total(?:l?ed|s)?|equals|limit|cap|budget|quota|compared (?:to|with)|versus|vs\.?|against|(?:list|group|sample|audience|bunch|crowd|batch|pack|out|average|total|sum|count|rate|number) of"
    r"|(?:went|rose|fell|grew|dropped|up|down|climbed|jumped|moved|shifted|swung|increased|decreased) (?:from|to|by)"
    r"|ticket|case|campaign|store|shop|branch|page|slide|step|rule|policy|section|chapter|aisle|room|floor|lane|till|register"
    r"|zone|gate|line|route|version|phase|tier|level|week|day|month|quarter|year|error|code|status|size|covid|windows|iso|form|option"
    r"|january|february|march|april|may|june|july|august|september|october|november|december)"
    r"|[$€£¥=<>≥≤*×x]|\d ?(?:to|through|-|~)|from \d[^.?]{0,20} to|\d) ?#?$",
    re.ASCII,
)
_ZH_NOT_BEFORE = re.compile(
    r"(?:[卖花赚付]了|[涨跌降升]到|[第约共达满超减折每双仅逾]|(?<!最)近|(?<![目之以先从然最今随])[前后]|大概|差不多|不到|超过|低于|高于|大于|小于|少于|多于|至少|至多|最多|只有|只要|不足|不满"
    r"|工单|门店|店铺?|活动|场次|批次|版本|年龄|\d ?[到至~-]|从 ?\d[^,。?]{0,12}[到至])$"
)
_EN_ENDS = re.compile(r" ?(?:$|[,.;:?!)\"'-](?![a-z])|'s\b| - |\()")  # no noun follows that a number could count
_EN_FOLLOWS = re.compile(  # words that begin no such noun
    r"(?:is|are|was|were|be|been|has|have|had|do|does|did|will|would|can|could|should|shall|may|might|must|to|for|from"
    r"|with|without|on|in|at|by|as|if|so|but|because|before|after|since|until|again|back|too|also|please|pls|now|next|today"
    r"|tonight|tomorrow|yet|still|ever|never|not|who|whom|whose|which|that|this|what|when|where|why|how|i|me|we|us|you|he|she"
    r"|they|him|her|them|and|or|up|out|off|down|over|under|below|above|within|away|around|really|actually|usually|always|already"
    r"|here|like|due|via|while|an?|the|some|something|anything|any|about|alone|first|instead|anyway|then|there|its?|vs"
    r"|gets?|keeps?|wants?|needs?|likes?|buys?|spends?|says|writes|asks|calls|claims|complains|seems|looks|sounds|smells"
    r"|returns|shops|orders|leaves|behaves|lives|refuses|threatens|comes|goes|takes|makes|uses|pays|moves|stops|rings|has|does"
    r"|abusing|gaming|cheating|buying|returning|ordering|shopping|spending|leaving|going|coming|likely|suspicious|legit|fraudulent|risky|worth|safe|ok|okay|loyal|active|still"
    r"|last|yesterday|during|drops|falls|rises|grows|jumps|changes|declines|performs|trades)"
)
_EN_COUNTED = re.compile(  # words of what a number counts or measures
    r"[a-z]{2,}[^siu'\W]s|people|folk|men|women|children|per|percent|pct|of|thousand|million|billion|hundred|dozen|grand|odd|plus|something|more|other"
    r"|(?:dollar|buck|euro|pound|quid|cent|day|week|month|quarter|year|hour|minute|second|gram|litre|liter|inch|mile|degree|star|piece|pack|item|unit|head"
    r"|person|customer|household|shopper|member|product|order|store|name|line|point|word|character|page|mins?|secs?|hrs?|ml|kg|oz|lbs?|cm|mm|km|x|k|m|am|pm)"
)
_EN_RANGE_AFTER = re.compile(
    r" ?(?:to|-|~|through) ?[$]?\d|[ ,]*(?:%|percent|per cent|dollars|usd|bucks|am\b|pm\b|o'clock)", re.ASCII
)
_ZH_UNIT = re.compile(
    r" ?(?:个|位|名|户|款|种|样|件|条|单|笔|人(?!家)|口|岁|元|块|钱|美金|美元|刀|万|千|百|亿|天|日|月|年|周|点|时|分|秒|小时|季|度|折|斤|公斤|克|升|瓶|包|箱|袋|盒|次|倍|张"
    r"|项|类|组|批|份|页|级|星|排|栋|楼|字|成|多|几|来|左右|以上|以下|以内|之内|余|强|期|步|期|套|双|支|段|[到至~-] ?\d|家(?![里的中还最缺常老总爱])|号(?:店|门店|活动|工单|线|楼))"
)
_EN_SURE = re.compile(
    r"(?:\b(?:for|to|on|about|from|with|at|in|call|ring|check|offer|mail|email|write|message|ask|tell|show|send|give|recommend|profile|put|pit|set|stack|did|does|will|would|should|could|can)|^(?:is|are|has|have|does|do|did|will|was|were)|^|[,;:(] ?) ?#?$",
    re.ASCII,
)
_EN_POINTED = re.compile(
    r"'s (?:place|house|home|account|basket|cart|fridge|cupboards?|pantry|orders?|refunds?|profile|portrait|case)\b"
    r"| (?:is |are )?(?:on the (?:phone|line)|at the (?:desk|counter|till|door)|in front of me)\b",
    re.ASCII,
)
_EN_NUMBER_BEFORE = re.compile(
    r"(?:^|\b(?:for|to|about|and|from|with|on|is|has|does|did) )(?:number|no\.?|#) ?$", re.ASCII
)
_POSSESSED = re.compile(r"'s ", re.ASCII)
_FIGURES = re.compile(
    r"'s (?:\w+ )?(?:revenue|sales|takings|orders|figures|numbers|results|total|customers|basket)\b", re.ASCII
)
_COMPARED_AFTER = re.compile(r" (?:side by side|head to head|next to each other|against each other)\b", re.ASCII)
_ZH_POINTED = re.compile(
    r" ?(?:号(?!店|门店|活动|工单|线|楼|到|至|[、和]\d)|[这那](?:个(?!月|星期|季|周)|人|品|顾客|客户|会员|用户|商品|[位户单笔家款俩两三几])|[这那两俩三]{1,2}[位户个]|家(?=[里常老总爱])|的(?:画像|客户|顾客|用户|会员|连带|关联)|先生|女士|大姐|大哥|阿姨|老师)"
)
_ZH_SURE = re.compile(
    r"(?:^|[,。:;、?!「」(（]|给|对|向|为|找|查|访|联系|回复|关于|推荐给|发给|写信的是|就是|推广?|主推|搭配?|配|问) ?#?$"
)
_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])")  # 20171224
_CJK = re.compile(r" ?[\u3400-\u9fff]")
_ZH_NAMES = frozenset("618 818 1111 1212 1024 520 315 110 119 120 12306 12315 12345 996".split())  # feasts, hotlines
_ANY_CLOCK = Clock(date(2018, 1, 1), date(2017, 1, 1))


def _force(text: str, group: Sequence[_Number]) -> int:
    """How surely listed numbers are used as names, by the words before the first and behind the last of them."""
    before, after = text[: group[0].start], text[group[-1].end :]
    if any(_ZH_UNIT.match(text[n.end :]) for n in group) or _EN_RANGE_AFTER.match(after):
        return NO
    if _EN_NUMBER_BEFORE.search(before):
        return POINTED
    if not all(_common(n.words, text) for n in group) and (_POSSESSED.match(after) or _EN_POINTED.match(after)):
        return SURE
    if _EN_NOT_BEFORE.search(before) or _ZH_NOT_BEFORE.search(before):
        return NO
    if _ZH_POINTED.match(after):
        return POINTED
    if not _alone(after):
        return NO
    if _EN_SURE.search(before) or _ZH_SURE.search(before):
        return SURE
    return MAYBE


def _alone(after: str) -> bool:
    """Whether nothing behind a number is counted by it: "for 200 loyal customers" counts, "check 405 closely" does not."""
    if _EN_ENDS.match(after) or _CJK.match(after):
        return True
    match = re.match(r"(?: [a-z][a-z'-]*){1,3}", after)
    for word in match[0].split() if match else ():
        if _EN_FOLLOWS.fullmatch(word):
            return True
        if _EN_COUNTED.fullmatch(word):
            return False
    return match is not None


def _accepted(group: Sequence[_Number], force: int, known: KnownIds, text: str) -> list[_Number]:
    """Those of a list that are ids: one that could be nothing else speaks for the others."""
    if force == NO:
        return []
    if force == POINTED:
        clear = [n for n in group if not n.words.isdigit() or int(n.words) > LAST_DAY]
    else:
        clear = [n for n in group if len(n.words) >= SHORTEST and not _common(n.words, text)]
    listed = [n for n in clear if known.kinds(n.words)]
    if not listed:
        return [n for n in clear if force >= SURE and len(n.words) >= SHORTEST_UNKNOWN]
    return [n for n in group if n in clear or known.kinds(n.words)]


def _common(words: str, text: str) -> bool:
    """Whether a number is as likely a year, a round count, or in Chinese the name of a feast (618)."""
    if not words.isdigit():
        return False
    round_ = int(words) % (ROUND if len(words) < LONG_ENOUGH else ROUND_LONG) == 0
    feast = words in _ZH_NAMES and not text.isascii()
    return round_ or feast or int(words) in YEARS or bool(_DAY.fullmatch(words))


_AT_STORE = re.compile(r"\b(?:at|in|manager of|roster for|rota for|staff for|branch|outlet) $|店$", re.ASCII)
_STORE_WORDS = re.compile(
    r"\b(?:manager|roster|rota|branch|outlet|shop floor|tills?|opening hours|footfall)\b|店长|排班|门店|[这那]家(?!人)|本店",
    re.ASCII,
)
_SOLD_BEFORE = re.compile(
    r"\b(?:promot(?:e|ing)|push(?:ing)?|sell(?:ing)?|feature|featuring|stock(?:ing)?|goes with|go with|along with|together with|bought with|pairs with|next to|beside)(?: of)? $|(?:推广|主推|促销|卖|上架|搭配|搭|买了?)$",
    re.ASCII,
)
_SOLD_AFTER = re.compile(
    r" ?(?:这个?|那个?|的)?(?:品|单品|商品|款|货|sku|准备?主推|连带|关联|搭|上架|卖)|'s (?:shelf|stock|sales)\b",
    re.ASCII,
)


_DOES = re.compile(
    r" (?:buys?|bought|buying|spends?|spent|spending|shops?|shopped|orders?|ordered|returns?|returned|complain\w*)\b|(?:一共|总共|都)?(?:花|消费|买|下单|退)",
    re.ASCII,
)
_PERSON = re.compile(r"\b(?:he|she|his|her|hers|him)\b|[他她](?!们)|这户|这人|这位", re.ASCII)


def _ordered(kinds: tuple[str, ...], text: str, group: Sequence[_Number]) -> tuple[str, ...]:
    """What an id may be of, likeliest first: the words beside it, else customers before goods before stores."""
    before, after = text[: group[0].start], text[group[-1].end :]
    first = ""
    if (_AT_STORE.search(before) and not _EN_POINTED.match(after)) or _STORE_WORDS.search(text):
        first = "stores"
    if _SOLD_BEFORE.search(before) or _SOLD_AFTER.match(after):
        first = "products"
    if "stores" in kinds and (_FIGURES.match(after) or (len(group) > 1 and _COMPARED_AFTER.match(after))):
        first = "stores"
    if first != "stores" and "customers" in kinds and (_DOES.match(after) or _PERSON.search(text)):
        kinds = tuple(kind for kind in kinds if kind != "stores")
    return tuple(sorted(kinds, key=lambda kind: kind != first))


def _overlaps(number: _Number, spans: Iterable[Span]) -> bool:
    return any(start < number.end and number.start < end for start, end in spans)
