"""Which part a name plays in its clause: split, filter, count or mere context. Decided on the masked text around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.understand.patterns import DIMENSION, ENTITY, FILLER, MEMBER, METRIC
from agent.understand.text import EN_NUMBER, ZH_NUMBER
from agent.understand.vocabulary import Mention


def _rx(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_ADJECTIVE = (
    r"best(?:[- ]selling|[- ]performing)?|top(?:[- ]selling|[- ]performing)?|worst(?:[- ]selling|[- ]performing)?|highest|lowest|biggest|largest|"
    r"smallest|busiest|quietest|strongest|weakest|leading|bottom|most popular|least popular|favou?rite|most|fewest|least|main|key|underperforming"
)
_CUE_BEFORE = _rx(
    rf"(?:\b(?:by|per|each|every|across|depending on|according to|in terms of|whichever|which|what|whose|among|amongst|all|for each|individual|different|various|split by|rank|sort|line up|crossed (?:with|by)|{_ADJECTIVE})|\b(?:{_ADJECTIVE}) {EN_NUMBER}|\b{EN_NUMBER} (?:{_ADJECTIVE})|\btop ?\d+|\b(?:which|what) {EN_NUMBER}|\bwhich of [^,]{{0,20}}?)"
    rf"(?: of)?(?: the| our| my| all| different| individual| single)*(?: of the| of our)?(?: {MEMBER}{FILLER}*)?[ -]?$"
    rf"|(?:按照?|各个?|每一?[个家位类款]?|哪一?[个家些位款种类项]?|哪(?:几|{ZH_NUMBER})[个家位款种名类项大]|主要的|什么|[前后末]{ZH_NUMBER}[个名大家位]?的?|倒数{ZH_NUMBER}[个名]?的?|不同的?|所有的?|分)[ ]?$"
    rf"|(?:最[高低多少大小好差强弱忙旺](?:销|的|钱)?|最(?:畅销|热销|热门|受欢迎)|垫底|名|增长最快|下降最多)的?(?:前?{ZH_NUMBER}[个名家位大]?)?的?$"
    rf"|最[\u3400-\u9fff]{{1,3}}的前?{ZH_NUMBER}[个名家位大款样种]的?$"
)
_LIST_BEFORE = _rx(
    rf"[{DIMENSION}{ENTITY}]{FILLER}*(?: ?(?:,|\band\b|&|\bx\b|\bby\b|\bthen\b|和|与|及|以及|、|各|按)+)+ ?(?:by |per |按|各|每个?)?$"
)
_CUE_AFTER = _rx(
    r" ?[^?]{0,40}?, ?which (?:one |ones )?(?:has|had|have|did|sold|got|made|brought|saw|drew)\b| ?(?:breakdown|split|distribution|rank(?:ings?|ed)|sorted|league|wise|-wise|mix|comparison|level|with the|whose|that|who|where|having|grew|fell|saw|had|has|sold|sells?|drives?|drove|brings?|generat\w+|spend|spent|made|makes?|contribut\w+|account\w*|did (?:best|worst))\b"
    rf"| with (?:[a-z-]+ ){{1,2}}{METRIC}"
    r"| ?(?:are|is|was|were) (?:the )?(?:" + _ADJECTIVE + r")\b"
    rf"|(?:[和与跟及×x、]{DIMENSION}{FILLER}*)?的?(?:交叉|两个维度|两维)"
    r"|(?:各自?(?:是|有|占|为)?(?:多少|几)|分布|排名|排行|占比|构成|对比|之间|分别|维度|的?排|卖得|卖的|销量?最|最|里?哪|中?哪|贡献)"
)
_COUNT_BEFORE = _rx(
    r"(?:\bhow many|\bnumber of|\bcount of|\b# of|\bno\. of|\btotal)(?: of)?(?: distinct| unique| different| active| our| the)* ?$|(?:多少|(?<!哪)几)[个家位名款种户人]?(?:不同的)?$|(?:总共|一共)有?(?:多少)?[个家位]?$"
)
_COUNT_AFTER = _rx(
    r" ?(?:count\b|counts\b)|(?:数量?|总数|个数|人数|家数|,?(?:一共|总共)?有(?:多少|几)[个位家户名]?(?!钱))"
)
_ACTS_AFTER = _rx(
    r" ?(?:(?:who )?(?:saved?|spends?|spent|paid|pays?|bought|buys?|shop|purchased?|redeem(?:ed)?))\b|(?:一共|总共|共)?(?:花|消费|省|购买了|买了)"
)
_ODD_BEFORE = _rx(  # "outlying Ⓓ", 异常的Ⓓ
    rf"(?:\b(?:outlying|odd|unusual|weird|abnormal|strange|anomalous|freak(?:ish)?|rogue|off-the-wall|out-of-line)|(?:异常|反常|不正常|不对劲|离谱|古怪|奇怪|蹊跷)的?)(?: {MEMBER}{FILLER}*)?[ ]?$"
)
_CHECKED = _rx(r"\bcheck (?:the |our |all )*[^,;?!]{0,30}$")  # "check the cheese Ⓓ for sales that look off"
_HEAD_RANKED = _rx(r"[^,;?!]*\b(?:ranked|sorted|ordered) by\b")
_ONE_OF = _rx(r"\b(?:a|an|one|each|every|per|the average|the typical) $|(?:每一?[个位名家户]?|人均)$")
_AVERAGE = _rx(r"\baverage\b|\bavg\b|\bon average\b|\bmean\b|\btypical|平均|均")
_RANKED_BY = _rx(
    rf"\b(?:top|best|bottom|worst|highest|largest|biggest|smallest)\b.*[{DIMENSION}{ENTITY}]{FILLER}* by (?:the )?(?:number of )?$"
)
_VERB_AFTER = _rx(r" (?:with us|here|there|online)\b")  # "people shop with us"
_OWN = _rx(r"[贵本咱]$|咱们$|我们$|其他的?$|其余的?$|剩下的?$")
_COUNTED_BEFORE = _rx(
    r"\b(?:most|fewest|least|more|less|fewer|highest(?: number of)?|lowest(?: number of)?|largest number of|smallest number of) (?:new |unique |active )?$|最[多少]的?$"
)
_CLAUSE_AFTER = _rx(
    rf" ?[^?]{{0,40}}?, ?which (?:one |ones )?(?:has|had|have|did|sold|got|made|brought|saw|drew)\b| ?(?:who|that|whose|where|having|with(?!.{{0,20}}{MEMBER}))\b"
)
_SO_MANY = _rx(rf"\b(?:the|our|name|list|show(?: me)?) {EN_NUMBER} $")  # "the five Ⓔ most often sent back"
_MOST_AFTER = _rx(r" (?:that |which |who )?(?:\w+ )?(?:(?:most|least)\b|the (?:most|least|highest|lowest)\b)")
_AMONG = _rx(r"\bamong(?:st)? (?:the |our |all )*$")
_ANY = _rx(r"\bany (?:single |one |of the |of our )?$")  # "any department acting up"
_ALL_BEFORE = _rx(r"(?:\ball(?: the| our| of the| of our)? |所有的?|全部的?)$")
_JOINED = _rx(
    rf"(?:{METRIC}|{ENTITY}){FILLER}* ?(?:,|and|&|plus|as well as|和|与|及|以及|、|,? ?and)+ ?(?:the |our )?$"
)
_JOINS_NEXT = _rx(rf" ?(?:,|and|&|plus|as well as|和|与|及|以及|、|,? ?and)+ ?(?:the |our )?(?:{METRIC}|{ENTITY})")
_NEGATION = _rx(
    r"(?:\b(?:excluding|excl\.?|excludes?|except(?: for)?|without|not(?: including| counting| in| from)?|other than|minus|apart from|aside from|besides|ignoring|leaving out|leave out|taking out|strip(?:ping)? out|removing|but not|outside(?: of)?|exclude|(?:everything|everyone|anything|all|every \\S+) but|not counting|no)(?: the| any| all| sales of| purchases of)?[ ]?$)"
    r"|(?:\bnon[ -]$)|(?:\b(?<!that )(?<!who )(?<!people )(?:ex|take|leave|cut|strip|filter|drop|remove|knock)(?: out)? (?:the )?$)|(?:除了?|除去|不含|不包括|不包含|不算上?|不计入?|不要|别算|不看|剔除|排除|去掉|去除|扣除|扣掉|刨除|刨去|抛开|非)(?:掉|了)?$"
)
_AND = _rx(
    r" ?(?:,|\+|\(|and|or|nor|&|/|和|与|及|以及|、|或|,? ?and|还有|跟|vs\.?|versus) ?(?:the |in |for |from |of |store |stores |campaign )?"
)
_TOGETHER = _rx(
    r"\b(?:combined|together|in total|altogether|sum of|overall|aggregate)\b|合计|一共|总共|加起来|总和|合起来"
)


@dataclass(frozen=True, slots=True)
class Place:
    """The masked text and a mention's place in it."""

    masked: str
    mention: Mention

    @property
    def before(self) -> str:
        """Masked text up to the mention."""
        return self.masked[: self.mention.start]

    @property
    def after(self) -> str:
        """Masked text behind the mention."""
        return self.masked[self.mention.end :]


def splits(place: Place) -> bool:
    """Whether the words around a dimension ask to split by it ("by Ⓓ", "which Ⓓ", 各Ⓓ)."""
    counted = _SO_MANY.search(place.before) and _MOST_AFTER.match(place.after)
    checked = _CHECKED.search(place.before) and place.after.startswith(" for ")
    headed = not place.before.strip() and _HEAD_RANKED.match(place.after)
    before = any(cue.search(place.before) for cue in (_CUE_BEFORE, _ANY, _ODD_BEFORE))
    return bool(before or counted or checked or headed or _CUE_AFTER.match(place.after))


def entity_splits(place: Place, ranks: bool) -> bool:
    """Whether a noun that may also be counted is split by: "by Ⓔ", "top 5 Ⓔ", "Ⓔ with …"; "the fewest Ⓔ" is a count."""
    if _COUNTED_BEFORE.search(place.before):
        return False
    if _CUE_BEFORE.search(place.before):
        return not averaged(place)
    if _SO_MANY.search(place.before) and _MOST_AFTER.match(place.after):
        return True
    return ranks and bool(_CLAUSE_AFTER.match(place.after))


def among(place: Place) -> bool:
    """Whether the noun only says among whom ("among customers aged 65+")."""
    return bool(_AMONG.search(place.before))


def all_as_one(place: Place) -> bool:
    """Whether all of its kind are asked for as one (所有店加起来, "all stores combined"): no split then."""
    return bool(_ALL_BEFORE.search(place.before)) and together(place.masked)


def acts(place: Place) -> bool:
    """Whether the noun does something ("did customers save", 顾客花了): it is nobody's figure then."""
    return bool(_ACTS_AFTER.match(place.after))


def per_each(place: Place) -> bool:
    """Whether the noun is one of its kind ("a Ⓔ", "per Ⓔ", 每个Ⓔ)."""
    return bool(_ONE_OF.search(place.before))


def averaged(place: Place) -> bool:
    """Whether the clause speaks of an average."""
    return bool(_AVERAGE.search(place.masked))


def continues_list(place: Place) -> bool:
    """Whether a dimension continues a list ("by Ⓓ and Ⓓ")."""
    return bool(_LIST_BEFORE.search(place.before))


def own(place: Place) -> bool:
    """Whether the noun is the shop itself (本店, 贵店), the rest of it (其他部门), or no noun at all ("shop with us")."""
    return bool(_OWN.search(place.before) or _VERB_AFTER.match(place.after))


def ranked_by(place: Place) -> bool:
    """Whether a ranking is by the noun's count ("top 5 Ⓓ by Ⓔ")."""
    return bool(_RANKED_BY.search(place.before))


def most_of(place: Place) -> bool:
    """Whether a superlative counts the noun ("the fewest Ⓓ", 哪个…Ⓓ最多) and does not rank it."""
    asked = re.search(r"[哪各按]", place.before) and re.match(r"数?最[多少]", place.after)
    return bool(_COUNTED_BEFORE.search(place.before) or asked)


def counts(place: Place) -> bool:
    """Whether an entity noun is counted ("how many Ⓔ", Ⓔ数)."""
    return bool(_COUNT_BEFORE.search(place.before) or _COUNT_AFTER.match(place.after))


def joined_to_metric(place: Place) -> bool:
    """Whether the mention stands in a list of metrics ("Ⓜ and Ⓔ")."""
    return bool(_JOINED.search(place.before) or _JOINS_NEXT.match(place.after))


def negation(place: Place) -> re.Match[str] | None:
    """The excluding words right before a member."""
    return _NEGATION.search(place.before)


def in_list(masked: str, left: Mention, right: Mention) -> bool:
    """Whether two members are items of one list ("Ⓥ, Ⓥ and Ⓥ")."""
    return bool(_AND.fullmatch(masked[left.end : right.start]))


def together(masked: str) -> bool:
    """Whether several members are asked for as one ("combined", 合计)."""
    return bool(_TOGETHER.search(masked))


def beside(masked: str, left: Mention, right: Mention) -> bool:
    """Whether two mentions stand side by side ("department Ⓥ", "Ⓥ部门")."""
    return bool(re.fullmatch(r" ?(?:is |= |: |of |named |called |的)?", masked[left.end : right.start]))


def mask(text: str, marks: Sequence[tuple[int, int, str]]) -> str:
    """The text with every marked range replaced by its symbol, same length."""
    letters = list(text)
    for start, end, symbol in marks:
        letters[start:end] = [symbol, *[FILLER] * (end - start - 1)]
    return "".join(letters)
