"""Words that nothing understood. With none left over, a question is surely about this store's figures."""

from __future__ import annotations

import re
from collections.abc import Sequence

STOP_EN = frozenset(
    """a about above across actually after again all also altogether am amount an and any are around as asap at be became been before being
    below best between bit both breakdown bring but by calculate can check combined compare compared come comes could curious data date did do does done
    down during each else either every everyone everything exactly fast figure figures find for from get gets getting gimme give go goes going
    got had has have having hello hey hi him his how i if in inside into is it its just kind know last latest let lets level like list little
    look looking lot made make many me mean measure more most much my name need needs now number numbers of off ok okay on once one ones only or our
    other others out over overall own per period please pls plz point provide pull put quick quickly quite ran really report reported result results right run s same say see seen
    shop show showing shows side since single size so some split stack still such summary take tell than thank thanks that thats the their them then there
    these they thing things this those through time times to today together total totals toward towards under up us use used value values very
    via view vs versus want wanted wants was way we well went were what whats when where whether which while who whom whose why will with
    within would yes yet you your yours business company us u r me,please breakdowns table chart graph plot display answer question wondering wonder
    try trying gave happened happen during entire whole full calendar respectively separately individually different various grouped group sorted
    sort ranked rank ordered order broken compute computed details detail info information quickly roughly approximately approx about exact
    please kindly hows what's how's where's who's that's let's i'd i'm we're we've i've don't doesn't didn't isn't aren't wasn't
    dollar dollars usd bucks money terms based basis come came look looked like looks perform performed performing performance
    doing stand stood hit reach reached gotten store's shop's company's each's on's actually overall generally typically typical average avg mean
    on-year day-to-day good bad better worse great high low higher lower large small big bigger smaller larger top bottom less fewer few many
    general management board meeting presentation reference detail boss ceo team slide slides deck review particular case fact terms regard regards respect addition comparison order advance mind context purpose planning budget benefit record overview background short brief hand morning standup call email colleague manager owner me myself one two three four five six seven eight nine ten dozen couple shopops day days week weeks month months quarter quarters year years hour hours weekend send prepare usual share email txt pls thx cheers u ur wanna lemme generate generated generating drive drives driving bring brings brought contribute contributes contributed belongs belong goes
    earth heaven hell regular regulars sell sells selling sold buy buys buying bought purchase purchased purchases purchasing spend spends spending spent earn earned earning shopped shopping
    shoppers buyers people person everybody place placed take took taken record recorded register registered see saw seen
    """.split()
)
STOP_ZH = (
    "的地了是在有和与及以及跟或还也都就才又再把被给让使向从到至对为于中里内外上下这那此其它们我你您他她咱们请问帮忙查询一看下想要知道了解告诉显示列出给出统计"
    "计算分析多少几个家位名款种类项次什么怎么样如何哪些吗呢吧啊呀哦嘛么情况数据结果金额数字值总共计合体整全所每各按照分别时候期间段内一二三四五六七八九十两"
    "占比例最高低多少大小好差强弱前后名排行第卖买出得花钱消费购下单产生带来贡献实现达完成做个月日天年周季度号份点我们店铺公司商今昨明去过现目之间共总来说请先然后"
    "并且同时而但如果只仅能可以应该会不没无非要需看是多是少了解具体大概大约左右差不表现用户人群户家庭"
)
_STOP_ZH_WORDS = re.compile(
    "加上|全站|当月|同期|估摸着?|估计|预计|撑住|顶住|守住|保住|捋一?[遍下]|捋一捋|过一遍|走一遍|真正|实际上?|真的|大约|差不多|大致|主要|处理|讲讲|说说|聊聊|发我|发给我|平均|新增|整体|总体|单独|顺便|打折|让利|增量|帮忙拉下|人群|这批|新来|麻烦|老板|领导|汇报|报表|同事|辛苦|感谢|谢谢|你好|您好|拉取|导出|整理|详细|贵店|咋样|经营|运营|会议|周报|月报|快速|维度|方面|水平|消费者|咋|下吧|一眼|方便|关于|期间|以内|当中|其中|简单|感觉|究竟|到底|目前为止|为止|全部|最近|近期|目前|部分|内部|家里|东西|里面|帮忙|一共|总共"
)
_TOKEN = re.compile(r"[a-z]+(?:['-][a-z]+)*|\d[\d,.]*|[\u3400-\u4dbf\u4e00-\u9fff]+", re.ASCII)
_ACTS = frozenset(
    "接凭光备靠办处理看查算列排收付退买卖送寄发打跑推带拿走来去进出做干弄搞挣亏省抵领核销等耗涨跌升降增减变留剩落"
)
_TELLING = 2  # characters of an unknown name that are no words of grammar
_DOING = re.compile(r".{0,2}.着")  # 挂着, 一直拖着: how something is, and no name
_BOUND = re.compile(
    r"\b(?:over|above|under|below|(?:more|less|(?!other|rather)[a-z]+er) than|at least|at most|exceed(?:s|ing)?)[ -]?[$]?(?P<a>\d)[\d,.]*\w*"
    r"|(?:超过|高于|低于|不到|少于|多于|至少|大于|小于|不足)(?P<b>\d)[\d.,]*[万千百k]?|(?P<c>\d)[\d.,]*[万千百k]?[^\d\s]?(?:及?以上|及?以下)",
    re.ASCII,
)


def unread_runs(text: str, taken: bytearray, masked: str, hints: Sequence[int] = ()) -> tuple[str, ...]:
    """Two and more Chinese characters that nothing took, right before a metric, a split or a period: an unknown name.

    Args:
        hints: where weak words say what is measured (卖了): 可口可乐卖了多少.
    """
    free = "".join(" " if taken[i] else c for i, c in enumerate(text))
    free = _STOP_ZH_WORDS.sub(lambda m: " " * len(m[0]), free)
    kept = "".join(" " if c in STOP_ZH else c for c in free)
    found = [m for m in re.finditer(r"[\u3400-\u4dbf\u4e00-\u9fff]{2,}", kept) if not _DOING.fullmatch(m[0])]
    if not found:  # 可口可乐: characters of a name may be words of grammar elsewhere
        stretches = re.finditer(r"[\u3400-\u4dbf\u4e00-\u9fff]{3,}", free)
        found = [m for m in stretches if sum(c not in STOP_ZH for c in m[0]) >= _TELLING and m.end() in hints]
    named = (
        m for m in found if re.match(r"的?[ⓂⒹⒺⓉ]", masked[m.end() :]) or (m.end() in hints and not {*m[0]} & _ACTS)
    )
    return tuple(m[0] for m in named)


def unread_bounds(text: str, taken: bytearray) -> tuple[str, ...]:
    """Bounds that no rule took: a condition of nobody knows what, which must not be passed over."""
    return tuple(m[0] for m in _BOUND.finditer(text) if not taken[m.start(m.lastgroup or 0)])


def unread_words(text: str, taken: bytearray) -> tuple[str, ...]:
    """Content words of a normalised clause that no rule took, in order."""
    found: list[str] = []
    for match in _TOKEN.finditer(text):
        free = [i for i in range(match.start(), match.end()) if not taken[i]]
        word = match[0]
        if not free or word[0].isdigit():
            continue
        if word.isascii():
            if len(free) == len(word) and word not in STOP_EN and len(word) > 1:
                found.append(word)
            continue
        rest = "".join(c for c in _STOP_ZH_WORDS.sub("", "".join(text[i] for i in free)) if c not in STOP_ZH)
        if rest:
            found.append(rest)
    return tuple(found)
