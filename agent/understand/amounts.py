"""Amounts in a clause: money, how many are wanted, and for how long something was not bought.

Only what is exact is read: "half a grand" is 500, "a couple hundred bucks" is nobody's figure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from agent.understand.dates_en import MONTH
from agent.understand.text import EN_NUMBER, parse_number

Span = tuple[int, int]
MOST = 100_000  # a list of more people or things than that is no list

_EN_SCALE = {"hundred": 100, "dozen": 12, "thousand": 1_000, "grand": 1_000, "k": 1_000, "million": 1_000_000}
_TENS = frozenset(range(20, 100, 10))
_ZH_SCALE = {"十": 10, "百": 100, "千": 1_000, "万": 10_000}
_ZH_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_WORD = rf"(?:\d+(?:\.\d+)?k\b|{EN_NUMBER}|thousand|grand)"
EN_AMOUNT = rf"(?:(?:half )?an? |half (?=dozen))?{_WORD}(?:[ -](?:and )?{_WORD})*"
ZH_AMOUNT = r"(?:\d+(?:\.\d+)?[百千万]?|[零一二两三四五六七八九十百千万]+)"
_VAGUE = re.compile(r"\b(?:couple|few|several|some|many|odd)(?: of)?(?: an?)? $|[几数上好来第]$|(?<!最)多$", re.ASCII)


def amount_of(words: str) -> Decimal | None:
    """A number in digits, English or Chinese words; None where it is none, or not an exact one.

    >>> [str(amount_of(w)) for w in ("1,500", "2k", "half a grand", "two hundred and fifty", "一千五", "3万", "两三")]
    ['1500', '2000', '500', '250', '1500', '30000', 'None']
    """
    words = words.strip().replace(",", "")
    return _chinese(words) if words and not words.isascii() else _english(re.split(r"[ -]+", words))


def _english(words: list[str]) -> Decimal | None:
    whole, part, half = Decimal(0), Decimal(0), False
    for word in words:
        if word in ("half", "a", "an", "and"):
            half = half or word == "half"
            part = Decimal(1) if word in ("a", "an") else part
        elif word in ("hundred", "dozen"):
            part = max(part, Decimal(1)) * _EN_SCALE[word]
        elif re.fullmatch(r"\d+(?:\.\d+)?k", word):
            part += Decimal(word[:-1]) * _EN_SCALE["k"]
        elif word in _EN_SCALE:
            whole, part = whole + max(part, Decimal(1)) * _EN_SCALE[word], Decimal(0)
        else:
            number = Decimal(word) if re.fullmatch(r"\d+(?:\.\d+)?", word) else parse_number(word)
            tens = part % 100
            if number is None or (tens and not (tens in _TENS and 0 < number < 10)):
                return None  # "24-35", "two three"
            part += number
    return (whole + part) / 2 if half else whole + part


def _chinese(words: str) -> Decimal | None:
    """两千五百, 一千五 (1,500), 3万; two digits side by side (两三) are a guess."""
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)([百千万])", words):
        return Decimal(match[1]) * _ZH_SCALE[match[2]]
    whole = part = digit = 0
    last, zero = 1, False
    for i, char in enumerate(words):
        if char in _ZH_DIGITS:
            if i and words[i - 1] in _ZH_DIGITS and words[i - 1] != "零":
                return None
            digit, zero = _ZH_DIGITS[char], zero or char == "零"
        elif char == "万":
            whole, part, digit, last = (part + digit or 1) * 10_000, 0, 0, 10_000
        elif char in _ZH_SCALE:
            part, last, digit = part + (digit or 1) * _ZH_SCALE[char], _ZH_SCALE[char], 0
        else:
            return None
    tail = digit * last // 10 if digit and last > 10 and not zero else digit
    return Decimal(whole + part + tail)


# ---------------------------------------------------------------------------------------------------------- money

_DIGITS = r"\d+(?:,\d{3})*(?:\.\d+)?"
_UNIT_EN = r"(?:dollars?|usd|bucks?|quid|pounds?|euros?)\b"
_PRICED = r"(?:price[ds]?|pricing|costs?|costing|cheaper)"
_MONEY = re.compile(
    rf"(?:\$|usd ?|us\$ ?|[¥€£]|rmb ?)(?P<a>{_DIGITS}) ?(?P<ka>k\b|m\b|grand\b|thousand\b|万|千)?"
    rf"|(?P<b>{_DIGITS}) ?(?P<kb>k|m|thousand)? ?(?:{_UNIT_EN}|美元|美金|元(?!旦|宵)|块钱?|刀)"
    rf"|\b(?P<w>{EN_AMOUNT}) {_UNIT_EN}"
    rf"|(?P<g>(?:half an? |an? |{EN_NUMBER} |\d+(?:\.\d+)? ?)grand)\b"
    r"|\b(?:an?|one) (?P<s>fiver|tenner)\b"
    rf"|\bbudget (?:is |of |: ?|= ?)?(?:about )?(?P<c>{_DIGITS}|{EN_AMOUNT}(?= |$)) ?(?P<kc>k\b)?"
    rf"|\b(?:set aside|spend|afford|invest|put in)(?: about| only| up to)? (?P<e>{_DIGITS})(?P<ke>k)?\b(?! ?(?:people|customers|households|names))"
    rf"|\b{_PRICED}(?: (?!and\b)[a-z]+){{0,2}}? (?:under|below|up to|at most|at|no more than|less than|max|of|than) (?P<p>{_DIGITS})(?![\d%]| ?(?:percent|k\b))"
    rf"|(?P<y>{_DIGITS})(?P<ky>k)? ?的?预算"
    rf"|预算(?:是|为|只有|大约|约|有|就|给)?(?P<d>{ZH_AMOUNT})(?P<kd>k)?(?![个位名户人月天周%])"
    r"|(?P<z>[一二两三四五六七八九十百千万]{2,}|[两三四五六七八九十百](?=块钱|元(?!旦|宵)|美元|美金|块(?:以内|以下|之内)))(?:块钱?|元(?!旦|宵)|美元|美金)"
    r"|(?:单价|价格|价位|售价|定价)(?:不要?超过|别超过|不高于|低于|小于|控制在|不到|在|≤|<)?(?P<q>\d+(?:\.\d+)?)(?![\d%折])",
    re.ASCII,
)  # fmt: skip
_SLANG = {"fiver": 5, "tenner": 10}
_MONEY_SCALE = {**_EN_SCALE, **_ZH_SCALE, "m": 1_000_000}
_CAPPED = re.compile(
    r"\b(?:nothing|none|anything|something|stuff|bits|things?|items?|goods|products?|keep (?:it|them|each|everything)|stay|cap(?:ped)?|max(?:imum)?)\b"
    r"|\b(?:apiece|each|a piece|per (?:item|piece|unit)|a pop)\b|(?:块钱?|元)(?:以内|以下|之内)的?|单价|一件|每件|别超过|不要超过",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of money and where it stands; ``cap``: the words around it speak of what one thing may cost."""

    amount: Decimal
    span: Span
    cap: bool = False


def money_in(text: str) -> Money | None:
    """The first exact amount of money.

    >>> [str(money_in(t).amount) for t in ("with $1.5k", "half a grand", "两千块预算", "nothing above a fiver")]
    ['1500.0', '500', '2000', '5']
    """
    for match in _MONEY.finditer(text):
        if _VAGUE.search(text[: match.start()]):
            continue
        if (amount := _money(match)) and amount > 0:
            return Money(amount, match.span(), bool(_CAPPED.search(text)))
    return None


def _money(match: re.Match[str]) -> Decimal | None:
    if match["s"]:
        return Decimal(_SLANG[match["s"]])
    words = next(match[g] for g in "abwgcepydzq" if match[g])
    scale = next((match[g] for g in ("ka", "kb", "kc", "ke", "ky", "kd") if match[g]), "")
    amount = amount_of(re.sub(r"(?<=\d)(?=grand)", " ", words))
    return amount * _MONEY_SCALE.get(scale.strip(), 1) if amount is not None else None


# --------------------------------------------------------------------------------------------------------- counts

_PEOPLE = (
    "customers|households|people|ppl|shoppers|buyers|members|users|names|recipients|contacts|addressees|prospects|homes"
    "|heads|homeowners|renters|seniors|couples|singles|parents"
    "|families|doors|mailboxes|letterboxes|takers|responders|redeemers|individuals|pensioners|students|adults|accounts|persons|folks|leads|targets|candidates|subscribers|guests|seats|inboxes|addresses|clients"
)
_THINGS = (
    "products?|items|things|goods|articles|skus|orders|payments|refunds|recommendations|recs|suggestions|ideas|picks|tiles"
    "|slots|spots|places|crowd-pleasers|crowd pleasers|bestsellers|best-sellers|sellers|hits|favou?rites|staples|bundles|combos"
    "|options|alternatives|pairings|add-ons|extras|treats|bits|lines|deals|offers"
)
_COUNT = re.compile(
    rf"\b(?P<n>{EN_AMOUNT}) (?:of (?:my|our|your|the|these|those) )?(?:(?!more than|or more)(?!times |days |weeks |months |percent )[a-z]+(?:-[a-z]+)? )?(?:{_PEOPLE}|{_THINGS})\b"
    r"|\bthe (?P<t4>\d+) (?:who|that|most|best|riskiest|worst|biggest|largest|top)\b"
    r"|\b(?P<t3>\d+) of them\b|\b(?:list|group|sample|audience|size|max|maximum|up to|(?:no|not) more than|at most)[:,]? (?:of )?(?P<t2>\d{2,})\b(?! ?[%$]| (?:percent|dollars|bucks))"
    r"|\b(?P<t5>\d{2,}) (?:[a-z]+ )?(?:coupons|vouchers|flyers|leaflets|letters|postcards|samples|pieces|mailings|envelopes|stamps|cards|copies|invites|invitations|texts|messages|emails|brochures|catalogs|catalogues|parcels)\b(?! (?:worth|per|each|a)\b)"
    r"|\b(?P<t14>\d{2,})[- ](?:person|people|name|household|customer|strong)\b(?! (?:or|and) (?:more|over|up))"
    rf"|\bonly (?:do|send|reach|manage|handle|take|post|mail|print|have|write|call|ring) (?P<t9>{EN_AMOUNT})\b(?! ?[%$]| (?:percent|dollars|bucks|days|weeks|months))"
    rf"|\b(?:limit|cap|keep|cut|hold)(?: (?:it|them|that|this|the list|the mailing))?(?: off)? (?:to|at) (?P<t10>{EN_AMOUNT})\b(?! ?[%$]| (?:percent|dollars|bucks))"
    rf"|(?P<t6>(?!\d[张份封])(?![一二两三四五六七八九十][张份封]){ZH_AMOUNT})[张份封](?!工单)"
    rf"|(?:[哪给寄选挑找]|发给|送给)(?:了|出)?(?P<t11>{ZH_AMOUNT})家(?!门?店|分店|超市|商店|公司|厂)"
    rf"|\b(?P<t8>(?!1 |one ){EN_AMOUNT}),? (?:tops|max|at most|at the most|of them|will do|should do|is enough|is plenty|are enough|please)(?=[.!?,;)]|$)"
    r"|\b(?:printed|ran off|there are|room for|enough for|money for)(?: only| just)? (?P<t7>\d{2,})\b(?! ?[%$]| (?:days|weeks|months|percent|dollars|bucks))"
    rf"|(?<!平均)(?<![不每])(?P<z>{ZH_AMOUNT})(?:个|位|名|户|款|种|样|件|条|单|笔|人)(?!月|季|星期|小时|孩|小孩|子女|活动|工作日|百分点)"
    r"|(?:top|(?<![目之以先从提])前) ?(?P<t>\d+)(?!\d|天|日|周|个?星期|个?月|年|个?季|个?小时)",
    re.ASCII,
)  # fmt: skip
NO_MEMBER = (  # what follows a number in a list that is no member of it: "store 343, 5 will do"
    r"(?:people|customers|households|shoppers|names|items?|things?|products?|ideas|picks|suggestions|will do|would do|is fine|is ok"
    r"|is okay|is enough|is plenty|are enough|tops|max|at most|please|人|位|户|个|样|款|名)"
)
_AT_END = re.compile(  # "…, just 20", "… - i want 50", 列十二个: a count that is a part of its own
    r"(?:(?P<id>\d) ?)?(?:[,.?!;。，？！；]| -) ?"
    r"(?P<lead>(?:(?:just|only|about|say|maybe|i want|i need|i'd like|we want|we need|we'd like|make it|give me|give us|show me|show|list|top|the top|the first|max|maximum) )+)?"
    rf"(?P<n>(?!(?:1|one)\b){EN_AMOUNT})(?P<tail> (?:is fine|is ok|is okay|is good|will do|would do|should do|are enough|is enough|is plenty|please|pls|max|tops|names|of them|worst|best|first))?[.! ]*$"
    rf"|[,.?!;。，？！；] ?(?:(?:就|只|给我|给|来|列|要|挑|选|列出|列前|看|前|头|大概|先)+(?P<z>{ZH_AMOUNT})(?:个|位|名|户|款|种|样|件|条|单|笔|人|家)?|(?P<y>{ZH_AMOUNT})(?:个|位|名|户|款|种|样|件|条|笔|人))(?:就行|就好|就够了?|即可|吧|左右)*[。! ]*$"
    rf"|(?:给我?|列出?|挑出?|选出?|报|来)(?P<x>{ZH_AMOUNT})(?:个|位|名|户|款|种|样|件|条|笔)(?:名字|出来|看看|就行|就好|就够了?|即可|吧)*[。! ]*$",
    re.ASCII,
)
_NO_COUNT = re.compile(
    r"\b(?:bought|buys?|ordered|took|last|past|every|each|these|those|that|the same|all) $|[这那每第]$", re.ASCII
)  # "bought 3 items": what they did; "those ten people": people of before
_NO_COUNT_AFTER = re.compile(r" (?:in (?:one|a|their|the same) (?:basket|order|trolley|cart))\b|以上|以下", re.ASCII)

_YEAR = re.compile(r"(?:19|20)\d\d")
_IN_YEAR = re.compile(rf"\b(?:in|of|during|since|{MONTH}) $", re.ASCII)  # "in december 2017 people bought"


def count_in(text: str, spans: Iterable[Span]) -> tuple[int, Span] | None:
    """How many people or things are wanted; nothing of what was read already.

    >>> [count_in(t, ())[0] for t in ("five things", "a hundred people", "给我找100个人", "ten crowd-pleasers")]
    [5, 100, 100, 10]
    """
    taken = tuple(spans)
    for match in _COUNT.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        words = next(words for words in match.groupdict().values() if words)
        if (
            _VAGUE.search(before)
            or (_YEAR.fullmatch(words) and _IN_YEAR.search(before))
            or _NO_COUNT.search(before)
            or _NO_COUNT_AFTER.match(after)
        ):
            continue
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        if count := _whole(words):
            return count, match.span()
    found = _at_end(text)
    return found if found and not any(start < found[1][1] and found[1][0] < end for start, end in taken) else None


def count_at_end(text: str) -> int | None:
    """How many are wanted, where a short part at the end says no more than that.

    >>> [count_at_end(t) for t in ("best sellers of store 381, a dozen", "销量最高的商品,列十二个", "stores 367, 406", "in may, 2017")]
    [12, 12, None, None]
    """
    found = _at_end(text)
    return found[0] if found else None


def _at_end(text: str) -> tuple[int, Span] | None:
    match = _AT_END.search(text)
    if match is None:
        return None
    name = next(name for name in ("n", "z", "y", "x") if match[name])
    alone = not (match["lead"] or match["tail"])
    if alone and ((match["id"] and match[name][0].isdigit()) or _YEAR.fullmatch(match[name])):
        return None  # a list of ids, "in december, 2017"
    count = _whole(match[name])
    return (count, match.span(name)) if count else None


def _whole(words: str) -> int | None:
    count = amount_of(words)
    return int(count) if count is not None and count == int(count) and 0 < count <= MOST else None


# --------------------------------------------------------------------------------------------------- not bought for

_DAYS = {
    "day": 1,
    "week": 7,
    "month": 30,
    "quarter": 90,
    "year": 365,
    "fortnight": 14,
    "天": 1,
    "日": 1,
    "周": 7,
    "个星期": 7,
    "星期": 7,
    "个月": 30,
    "月": 30,
    "个季度": 90,
    "季度": 90,
    "年": 365,
}
_AGO = rf"(?:(?:last|past|previous|recent|most recent) )?(?:(?P<n>{EN_AMOUNT}|an?) )?(?P<g>day|week|month|quarter|year|fortnight)s?\b"
_BOUGHT = r"(?:buy|buys|bought|buying|purchase|purchases|purchased|purchasing|ordered|picked up|had|got|taken|took)"
_SKIP = r"(?:leave (?:out|off)|leaving out|skip|skipping|exclud(?:e|es|ing)|omit|drop|without|except|but not|hasn't|haven't|hadn't|didn't|nothing|none of|not what|no repeats|don't (?:show|suggest|offer|include)|keep out|avoid|minus)"
_ZH_SPAN = rf"(?P<z>{ZH_AMOUNT}|半)(?P<zg>天|日|周|个星期|星期|个月|月|个季度|季度|年)"
_IDLE = (
    re.compile(rf"\b(?:hasn't|haven't|hadn't|has not|have not) (?:in|for|within) (?:the )?{_AGO}"),
    re.compile(rf"\blast {_BOUGHT} (?:it |them )?(?:over|more than|at least) (?P<n>{EN_AMOUNT}|an?|half an?) (?P<g>day|week|month|quarter|year|fortnight)s? ago\b"),
    re.compile(rf"\b(?:nothing|without (?:anything|any|what)|no(?:ne)?|not)\b[^.?;]{{0,20}}? (?:from|in) (?:the |their |her |his )?{_AGO}(?:' |'s |s' )?(?:worth of )?(?:baskets?|orders?|purchases|shopping)"),
    re.compile(rf"(?:\bnot|\bnever|n't) (?:been )?(?:yet )?{_BOUGHT}\b[^.?;]{{0,30}}?\b(?:for|in|within|over|during|these|the (?=last|past)) ?(?:the |these )?{_AGO}", re.ASCII),
    re.compile(rf"\b{_SKIP}\b[^.?;]{{0,40}}?\b{_BOUGHT}\b[^.?;]{{0,25}}?\b(?:in|within|over|during) (?:the |these )?{_AGO}", re.ASCII),
    re.compile(rf"(?:最近|近|过去|这)?{_ZH_SPAN}(?:内|里|以来|之内|以内)?(?:都|一直)?(?:没|未)(?:有)?(?:再)?(?:买|购买|下单|碰|拿|动)"),
    re.compile(rf"(?:最近|近|过去|这|这个)?{_ZH_SPAN}(?:内|里|以来|之内|以内)?(?:已经|刚)?(?:买|购买|下单|拿)过?的?[^。?？;；]{{0,8}}?(?:别|不要|不用|不推|不放|不算|不再|去掉|剔除|排除|除外|除去|扣掉|避开|过滤|跳过)"),
    re.compile(rf"(?:别|不要|不用|去掉|剔除|排除|除去|扣掉|避开|过滤掉?|跳过)[^。?？;；]{{0,6}}?(?:最近|近|过去|这)?{_ZH_SPAN}(?:内|里|以来|之内|以内)?(?:已经|刚)?(?:买|购买|下单|拿)过"),
)  # fmt: skip


def idle_in(text: str) -> tuple[int, Span] | None:
    """Days for which a thing was not bought by those whom it is offered to.

    >>> [idle_in(t)[0] for t in ("leave out whatever she purchased within the past 30 days", "这30天内买过的都别放")]
    [30, 30]
    """
    for pattern in _IDLE:
        if not (match := pattern.search(text)):
            continue
        said = match.groupdict()
        if said.get("zg"):
            count = Decimal("0.5") if said["z"] == "半" else amount_of(said["z"] or "")
            grain = said["zg"]
        else:
            count, grain = amount_of(said.get("n") or "one"), said.get("g") or "day"
        if count:
            return int(count * _DAYS[grain]), match.span()
    return None
