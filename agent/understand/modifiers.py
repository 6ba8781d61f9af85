"""The words between the names: top 5, worst, share of, per day, above 40,000, compared with, by month.

They are read on a *masked* text, in which every metric, dimension, member and period is one symbol, so that a rule sees
"top 5 Ⓓ by Ⓜ" whatever the store calls its dimensions. The mask keeps the length of the text, so offsets agree.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from agent.understand.text import EN_NUMBER, ZH_NUMBER, parse_number

METRIC, DIMENSION, MEMBER, PERIOD, FILLER = "Ⓜ", "Ⓓ", "Ⓥ", "Ⓣ", "·"
ENTITY = "Ⓔ"  # a noun that is both a metric (how many stores) and a dimension (which stores)
LONGEST_SUPERLATIVE = 24  # "which … more" spans the clause: the words between stay to be read
DEFAULT_TOP = 5  # "the top departments", with no number said

Direction = Literal["asc", "desc"]
Baseline = Literal["previous", "week", "year"]
TimeGrain = Literal["hour", "day", "weekday", "day_type", "week", "month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """ "above 40,000": bounds and where it stands in the text."""

    low: float | None
    high: float | None
    strict: bool
    percent: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Modifiers:
    """What the words around the names ask for; ``None`` and False mean that nothing was said."""

    direction: Direction | None = None
    judged: bool = False  # best / worst: the metric says which way is good
    limit: int | None = None
    ranked: bool = False  # a superlative or "ranking" was said
    change: Literal["any", "up", "down"] | None = None
    relative: bool = False  # growth *rate*
    trend: bool = False
    share: bool = False
    running: bool = False
    per: Literal["day", "week", "month", "quarter", "year"] | None = None
    compare: Baseline | None = None
    each: bool = False  # "A and B respectively", "A versus B"
    count: bool = False  # "how many"
    follow_up: bool = False
    grains: tuple[TimeGrain, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    hours: tuple[int, int] | None = None


def _rx(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_BEST = r"best(?:[- ]selling|[- ]performing)?|top(?:[- ]selling|[- ]performing)?|strongest|leading|most popular|favou?rite|most successful"
_MOST = r"highest|most|largest|biggest|greatest|busiest|max(?:imum)?|peak|popular|priciest|no\. ?1|number one|#1|hottest|richest|heaviest"
_WORST = r"worst(?:[- ]selling|[- ]performing)?|weakest|poorest|bottom|least popular|under-?performing|laggards?|least successful|slowest[- ]selling"
_LEAST = r"lowest|least|fewest|smallest|min(?:imum)?|quietest|slowest|cheapest|tiniest"
_ZH_MOST = r"最高|最多|最大|最畅销|最热销|最受欢迎|最热门|最旺|最忙|最繁忙|最贵|最活跃|之最|第一名?|冠军|居首|高峰|峰值"
_ZH_BEST = r"最好|最佳|最强|最优|卖得最好|最火|表现最好"
_ZH_LEAST = r"最低|最少|最小|最冷清|最清淡|最闲|低谷|最便宜|最不畅销|最不受欢迎"
_ZH_WORST = r"最差|最弱|垫底|倒数第一|表现最差|最糟"
_ZH_UNIT = r"[名个大家位款种天周月类项]?"

_ORDER_RULES: tuple[tuple[re.Pattern[str], Direction, bool], ...] = (
    (_rx(rf"\b(?:{_BEST})\b|{_ZH_BEST}"), "desc", True),
    (_rx(rf"\b(?:{_WORST})\b|{_ZH_WORST}"), "asc", True),
    (_rx(rf"\b(?:{_MOST})\b|{_ZH_MOST}"), "desc", False),
    (_rx(rf"\b(?:{_LEAST})\b|{_ZH_LEAST}"), "asc", False),
    (_rx(r"\b(?:which|who|what)\b.*\b(?:more|higher|bigger|better|larger)\b(?! than)|[哪谁].*更[高多好大强]"), "desc", False),
    (_rx(r"\b(?:which|who|what)\b.*\b(?:less|fewer|lower|worse|smaller)\b(?! than)|[哪谁].*更[低少差小弱]"), "asc", False),
)
_TOP_N = (
    (_rx(rf"\b(?P<n>second|third|fourth|fifth|2nd|3rd|4th|5th)[- ](?:{_BEST}|{_MOST})\b|第(?P<n2>[二三四五])[高多大好强]"), "desc"),
    (_rx(rf"\b(?P<n>second|third|fourth|fifth|2nd|3rd|4th|5th)[- ](?:{_WORST}|{_LEAST})\b|第(?P<n2>[二三四五])[低少小差弱]"), "asc"),
    (_rx(rf"\b(?:which|what|the|our|name|list|show(?: me)?) (?P<n>{EN_NUMBER}) (?=[{DIMENSION}{ENTITY}]|days?\b|weeks?\b|months?\b|hours?\b)"), "as said"),
    (_rx(rf"\b(?:{_BEST}|{_MOST}|first) (?P<n>{EN_NUMBER})\b(?! ?%)"), "desc"),
    (_rx(rf"\b(?P<n>{EN_NUMBER}) (?:{_BEST}|{_MOST})\b"), "desc"),
    (_rx(rf"\b(?:{_WORST}|{_LEAST}|last) (?P<n>{EN_NUMBER})\b(?! ?%)"), "asc"),
    (_rx(rf"\b(?P<n>{EN_NUMBER}) (?:{_WORST}|{_LEAST})\b"), "asc"),
    (_rx(rf"(?:倒数|后|末)(?P<n>{ZH_NUMBER}){_ZH_UNIT}"), "asc"),
    (_rx(rf"(?:排名|排行|top ?)?前(?P<n>{ZH_NUMBER}){_ZH_UNIT}|\btop ?(?P<n2>\d+)"), "desc"),
    (_rx(rf"(?:{_ZH_MOST}|{_ZH_BEST})的?(?:前)?(?P<n>{ZH_NUMBER}){_ZH_UNIT}"), "desc"),
    (_rx(rf"(?:{_ZH_LEAST}|{_ZH_WORST})的?(?P<n>{ZH_NUMBER}){_ZH_UNIT}"), "asc"),
)
_RANKED = _rx(r"\brank(?:ed|ing|s)?\b|\bsort(?:ed)?\b|\border(?:ed)? by\b|\bleague table\b|\bleaderboard\b|排名|排行榜?|排序|从高到低|由高到低|降序")
_ASCENDING = _rx(r"\bascending\b|\blowest first\b|\bsmallest first\b|从低到高|由低到高|升序")
_UP = _rx(r"\b(?:grew|grow(?:n|ing|s)?|rose|rise[sn]?|rising|increas(?:e[ds]?|ing)|gain(?:ed|s|ing)?|climb(?:ed|s|ing)?|jump(?:ed|s)?|improv(?:e[ds]?|ing|ement)|growth|up)\b|增长|上升|上涨|增加|提升|涨幅|增幅|涨了?")
_DOWN = _rx(r"\b(?:fell|fall(?:en|s|ing)?|drop(?:ped|s|ping)?|declin(?:e[ds]?|ing)|decreas(?:e[ds]?|ing)|los(?:e|t|ing)|shr[ai]nk(?:ing)?|shrunk|slid|down|dip(?:ped)?|worsen(?:ed)?|slump(?:ed)?)\b|下降|下滑|下跌|减少|降低|跌幅|降幅|跌了?|降了")
_CHANGE = _rx(r"\b(?:chang(?:e[ds]?|ing)|difference|delta|swing)\b|变化|变动|差异|差多少|差距|涨跌")
_RELATIVE = _rx(r"\bgrowth rates?\b|\bfastest\b|\bpercentage (?:change|growth|increase|drop)\b|\brelative(?:ly)?\b|增长率|增速|增幅|涨幅|降幅|跌幅|最快|变化率")
_TREND = _rx(r"\btrend(?:s|ing|ed)?\b|\bover time\b|\btime series\b|\btrajectory\b|\bhistory\b|\bevol(?:ve[ds]?|ution|ving)\b|\bseasonal(?:ity| pattern)\b|\bdevelop(?:ed|ment)?\b|\bhow (?:has|have) .{0,40} (?:developed|evolved)|趋势|走势|曲线|变化情况|历史|季节性")
_SHARE = _rx(r"\bshares?\b|\bpercent(?:age)?s?\b|\bproportions?\b|\bfraction\b|\bportion\b|% of|\bcontribut\w+\b|\bmakes? up\b|\bmade up\b|\baccount(?:s|ed|ing)? for\b|\bcomes? from\b|\bcame from\b|\bmix\b|占比|占了?|比例|份额|比重|百分比|百分之|贡献|几成|构成")
_RUNNING = _rx(r"\brunning (?:total|sum)s?\b|\bcumulative(?:ly)?\b|\baccumulat\w+\b|累计|累积|累加")
_GRAIN_EN = r"(?P<g>day|week|month|quarter|year)"
_PER_EN = _rx(
    rf"\b(?:average|avg|mean|typical) (?P<adv>daily|weekly|monthly|quarterly|yearly)\b|\b(?P<adv2>daily|weekly|monthly|quarterly) (?:average|avg|mean)s?\b"
    rf"|\b(?:on average|average|avg)\b[^?]*?\b(?:per|each|every|a) {_GRAIN_EN}\b|\b(?:per|each|every|a) (?P<g2>day|week|month|quarter|year)(?: \S+)?,? on average\b"
    rf"|\b(?:average|typical) (?P<g3>day|week|month)\b|\bhow (?:many|much)\b[^?]*\b(?:per|a) (?P<g4>day|week|month)\b"
)
_PER_ZH = _rx(r"(?P<z>日|周|月|季)均|平均(?:每|一)个?(?P<z2>天|日|周|月|星期|季度)|每个?(?P<z3>天|日|周|月|星期)的?平均")
_ADVERBS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}
_ZH_GRAINS = {"日": "day", "天": "day", "周": "week", "星期": "week", "礼拜": "week", "月": "month", "季": "quarter", "季度": "quarter", "年": "year", "小时": "hour"}
_COMPARE_PREP = r"(?:vs\.?|versus|compared? (?:to|with|against)|comparing (?:to|with)|against|relative to|in comparison (?:to|with)|over|than|from|on|and|to)"
_YEAR_EARLIER = _rx(
    r"\byear[- ]over[- ]year\b|\byear[- ]on[- ]year\b|\byoy\b|\by/y\b"
    r"|(?:\b" + _COMPARE_PREP + r" )?(?:the )?same (?:period|time|month|week|quarter|days?) (?:of |in |the )*(?:last year|previous year|prior year|year before|a year (?:ago|earlier|before)|one year (?:ago|earlier))"
    r"|\b" + _COMPARE_PREP + r" (?:the )?(?:year before|year earlier|a year (?:ago|earlier|before)|(?:the )?(?:prior|previous) year)\b"
    r"|同比|(?:和|与|跟|比|较|相比)?(?:去年|上年|前一年)(?:的)?同(?:期|月|季)(?:相比|比较|对比|比)?"
)
_WEEK_EARLIER = _rx(
    r"(?:\b" + _COMPARE_PREP + r" )?(?:the )?(?:same day (?:the week before|last week|a week (?:ago|earlier|before)|(?:of|in) the (?:previous|prior) week)|(?:mon|tues|wednes|thurs|fri|satur|sun)day before)\b"
    r"|(?:和|与|跟|比|较|相比)?(?:上周(?:同一天|同日|同期)|前一个?(?:周|星期)[一二三四五六日天])(?:相比|比较|对比|比)?"
)
_PREVIOUS = _rx(
    r"\bmonth[- ](?:over|on)[- ]month\b|\bweek[- ](?:over|on)[- ]week\b|\bquarter[- ](?:over|on)[- ]quarter\b|\bperiod[- ](?:over|on)[- ]period\b|\bday[- ](?:over|on)[- ]day\b|\bmom\b|\bwow\b|\bqoq\b|\bm/m\b"
    r"|\b" + _COMPARE_PREP + r" (?:the )?(?:one )?(?:previous|prior|preceding) (?:period|day|week|month|quarter|year|one)\b"
    r"|(?:\b" + _COMPARE_PREP + r" )?\bthe (?:period|day|week|month|quarter|year|one) (?:before|earlier|prior)(?: that| it)?(?=\s*(?:$|[?.,!;]|(?:and|by|for|in|as)\b))"
    r"|(?:\b" + _COMPARE_PREP + r" )?\ba (?:day|week|month|quarter) (?:before|earlier|prior)\b"
    r"|再(?:往前|上|前)一?个?(?:天|日|周|星期|月|季度|年)|环比|(?:和|与|跟|比|较|相比|对比)(?:上一?期|前一?期|上一个?周期|前一个?(?:月|周|季度|天|星期)|之前)(?:相比|比较|对比|比)?"
)
_EACH = _rx(r"\brespectively\b|\bvs\.?(?= |$)|\bversus\b|\bcompar(?:e|ed|ing|ison)\b|\bagainst\b|\beach\b|\bside by side\b|\bor\b|分别|各自|各是|对比|比较|相比|\bpk\b|哪个|谁|还是")
_COUNT = _rx(r"\bhow many\b|\bnumber of\b|\bcount of\b|\b# of\b|\bno\. of\b|\btotal number\b|多少[个家位名款种户]|几[个家位名款种]|[个家人]数|数量")
_FOLLOW = _rx(
    r"^(?:and|but|what about|how about|what if|same|also|only|just|now|then|ok(?:ay)?,? (?:and|now|so)|so|split|break|instead|again|for|by|per|in|with|without|excluding|show (?:it|that|them|the same)|(?:can you )?(?:do|sort|rank|compare|split|break|show) (?:it|that|this|them|those|the same))\b"
    r"|\b(?:it|that|those|them|same)\b|\binstead\b|^那|^再|^只|^换|^还|^其中|呢[?？。!]*$|它|同样|一样|改成|换成|按.{1,8}(?:看|分|拆)"
)
_WHEN = _rx(r"\bwhen (?:did|was|were|do|does|have)\b|什么时候")
_OF_METRIC = rf"\b(?:{_BEST}|{_MOST}|{_WORST}|{_LEAST})(?: {EN_NUMBER})? [{METRIC}{ENTITY}]{FILLER}* (?:generating |grossing )?(?:single )?"
_ZH_BEST_OF = rf"(?:{_ZH_MOST}|{_ZH_BEST}|{_ZH_LEAST}|{_ZH_WORST}|前|倒数)的?(?:前)?(?:一|几|{ZH_NUMBER})?个?"
_ALSO_BY = rf"[{DIMENSION}{ENTITY}]{FILLER}*,? ?(?:and|by|x|&|和|与|及|、) ?(?:by |per |按|各|每个?)?"
_GRAINS: tuple[tuple[re.Pattern[str], TimeGrain], ...] = (
    (_rx(_ZH_BEST_OF + r"(?:天|日子?)(?!数)|的日子|有?(?:几|多少)天(?![前后])"), "day"),
    (_rx(_ZH_BEST_OF + r"(?:周(?![一二三四五六日天末几])|星期(?![一二三四五六日天几]))"), "week"),
    (_rx(_ZH_BEST_OF + r"月份?"), "month"),
    (_rx(_ZH_BEST_OF + r"季度?"), "quarter"),
    (_rx(_ZH_BEST_OF + r"(?:小时|时段|时间段)|几点钟?(?!到|至|以|之|前|后)"), "hour"),
    (_rx(_ALSO_BY + r"(?:weekday|day of (?:the )?week|星期几?)"), "weekday"),
    (_rx(_ALSO_BY + r"(?:hour\b|小时|时段)"), "hour"),
    (_rx(_ALSO_BY + r"(?:days?\b|dates?\b|日期|[天日])"), "day"),
    (_rx(_ALSO_BY + r"(?:weeks?\b|周)"), "week"),
    (_rx(_ALSO_BY + r"(?:months?\b|月)"), "month"),
    (_rx(_ALSO_BY + r"(?:quarters?\b|季度)"), "quarter"),
    (_rx(r"\bhourly\b|\b(?:by|per|each|every|which|what|busiest|best|worst|peak|quietest|across) hours?\b|\bhours? of (?:the )?day\b|\bwhat time(?: of (?:the )?day)?\b|\bbusiest times?\b|\bhour by hour\b|每(?:个)?小时|按小时|各小时|分时段?|各时段|时段|哪个小时|几点(?!到|至|以|之|前|后)|哪个钟头"), "hour"),
    (_rx(r"\b(?:by|per|each|every|which|what|across|best|worst|busiest|quietest|for each|strongest|weakest) (?:weekdays?|days? of (?:the )?week)\b|\bdays? of (?:the )?week\b|\bweekday (?:pattern|breakdown|split|distribution)\b|星期几|周几|礼拜几|按星期|按周几|各星期|一周(?:中|里|之中|内)(?:的)?(?:哪|各|每)一?天?"), "weekday"),
    (_rx(r"\bdaily\b|\b(?:by|per|each|every) (?:day|date)\b|\bday[- ]by[- ]day\b|每一?[天日]|逐[天日]|按[天日]|各[天日]|天天|哪一?[天日]|哪几[天日]"), "day"),
    (_rx(r"\bweekly\b|\b(?:by|per|each|every) week\b|\bweek[- ]by[- ]week\b|每(?:一|个)?(?:周|星期)|逐周|按周(?!几)|各周|哪(?:一|个|几)?个?(?:周|星期)(?!几)"), "week"),
    (_rx(r"\bmonthly\b|\b(?:by|per|each|every) months?\b|\bmonth[- ]by[- ]month\b|每(?:一|个)?个?月|逐月|按月份?|各个?月份?|月度|哪(?:一|个|几)?个?月份?|分月"), "month"),
    (_rx(r"\bquarterly\b|\b(?:by|per|each|every) quarters?\b|\bquarter[- ]by[- ]quarter\b|每(?:一|个)?个?季度?|逐季|按季度?|各个?季度?|季度性|哪(?:一|个|几)?个?季度?|分季度?"), "quarter"),
    (_rx(r"\b(?:yearly|annual(?:ly)?)\b|\b(?:by|per|each|every) years?\b|每(?:一)?年|逐年|按年|各年"), "year"),
    (_rx(_OF_METRIC + r"days?\b"), "day"),
    (_rx(_OF_METRIC + r"weeks?\b"), "week"),
    (_rx(_OF_METRIC + r"months?\b"), "month"),
    (_rx(_OF_METRIC + r"(?:hours?|time of day)\b"), "hour"),
    (_rx(_OF_METRIC + r"quarters?\b"), "quarter"),
    (_rx(r"\b(?:days?|dates?) (?:with|that|when|where|had|having)\b"), "day"),
    (_rx(r"\bweeks? (?:with|that|when|where|had|having)\b"), "week"),
    (_rx(r"\bmonths? (?:with|that|when|where|had|having)\b"), "month"),
    (_rx(r"(?:\bwhich|\bwhat|{0}|\bsingle|\bour|\d+|\bthese|\bthose)(?: single| sales| trading| calendar)? (?:days?|dates?)\b(?! of (?:the )?week)".replace("{0}", rf"\b(?:{_BEST}|{_MOST}|{_WORST}|{_LEAST})")), "day"),
    (_rx(rf"(?:\bwhich|\bwhat|\b(?:{_BEST}|{_MOST}|{_WORST}|{_LEAST})|\d+)(?: sales| trading| calendar)? weeks?\b"), "week"),
    (_rx(rf"(?:\bwhich|\bwhat|\b(?:{_BEST}|{_MOST}|{_WORST}|{_LEAST})|\d+)(?: sales| trading| calendar)? months?\b"), "month"),
    (_rx(rf"(?:\bwhich|\bwhat|\b(?:{_BEST}|{_MOST}|{_WORST}|{_LEAST})|\d+)(?: sales| trading| calendar)? quarters?\b"), "quarter"),
)

_ORDINALS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5}
_SCALE = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "million": 1e6, "万": 1e4, "千": 1e3, "百": 1e2, "亿": 1e8, "%": 0.01, "percent": 0.01, "百分之": 0.01, "w": 1e4}
_NUMBER = r"[$￥¥]? ?(?P<v>\d[\d,]*(?:\.\d+)?) ?(?P<s>k|thousand|mn|million|m|w|万|千|百|亿|%|percent)?(?![\w])"
_NUMBER_ZH = r"[$￥¥]?(?P<v>\d[\d,]*(?:\.\d+)?|[一二两三四五六七八九十]+)(?P<s>k|万|千|百|亿|%|w)?"
_ZH_ROUND = r"(?P<v>)(?P<s>万|千|亿)"
_THRESHOLDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (_rx(r"(?:\bmore than|\bover(?! 20[12]\d\b(?! ?(?:dollars|usd|units|orders|customers|in|of)\b))|\babove|\bgreater than|\bhigher than|\blarger than|\bbigger than|\bexceed(?:s|ed|ing)?|\bbeyond|>) ?" + _NUMBER), ">"),
    (_rx(r"(?:\bat least|\bno (?:less|fewer) than|\bminimum(?: of)?|>=|≥) ?" + _NUMBER), ">="),
    (_rx(r"(?:\bless than|\bunder|\bbelow|\bfewer than|\blower than|\bsmaller than|<) ?" + _NUMBER), "<"),
    (_rx(r"(?:\bat most|\bno more than|\bup to|\bmaximum(?: of)?|<=|≤) ?" + _NUMBER), "<="),
    (_rx(r"(?:超过|大于|高于|多于|超出|突破|破|>)" + _NUMBER_ZH), ">"),
    (_rx(r"(?:超过|突破|破|过)" + _ZH_ROUND), ">"),
    (_rx(r"(?:不低于|至少|不少于|大于等于|不小于|>=|≥)" + _NUMBER_ZH), ">="),
    (_rx(r"(?:低于|小于|少于|不到|不足|不满|<)" + _NUMBER_ZH), "<"),
    (_rx(r"(?:不超过|至多|最多|不高于|不大于|小于等于|<=|≤)" + _NUMBER_ZH), "<="),
    (_rx(_NUMBER_ZH + r"(?:美?元|块钱?|美金|单|件|人|户|个|笔)?(?:及?以上)"), ">="),
    (_rx(_NUMBER_ZH + r"(?:美?元|块钱?|美金|单|件|人|户|个|笔)?(?:及?以下|以内|之内)"), "<="),
    (_rx(_NUMBER + r" (?:or|and) (?:more|above|over)\b"), ">="),
    (_rx(_NUMBER + r" or (?:less|fewer|below)\b"), "<="),
)
_HOUR_EN = r"(?P<h>\d{1,2})(?::00)? ?(?P<p>am|pm)?"
_HOUR_EN2 = r"(?P<h2>\d{1,2})(?::00)? ?(?P<p2>am|pm)"
_HOURS_BETWEEN = _rx(rf"\b(?:between |from )?{_HOUR_EN} ?(?:-|to|and|until|till) ?{_HOUR_EN2}\b")
_HOURS_AFTER = _rx(rf"\b(?:after|since|from) {_HOUR_EN.replace('?P<p>am|pm)?', '?P<p>am|pm)')}\b")
_HOURS_BEFORE = _rx(rf"\b(?:before|until|till) {_HOUR_EN.replace('?P<p>am|pm)?', '?P<p>am|pm)')}\b")
_HOUR_AT = _rx(rf"\b(?:at |around )?{_HOUR_EN.replace('?P<p>am|pm)?', '?P<p>am|pm)')}\b")
_PART_ZH = r"(?P<part>凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚|夜里)?"
_HOURS_ZH = _rx(rf"{_PART_ZH}(?P<h>{ZH_NUMBER})点(?:钟)?(?:到|至|-|~){_PART_ZH.replace('part', 'part2')}(?P<h2>{ZH_NUMBER})点(?:钟)?(?:之间)?")
_HOURS_ZH_OPEN = _rx(rf"{_PART_ZH}(?P<h>{ZH_NUMBER})点(?:钟)?(?P<side>以后|之后|后|以前|之前|前)?")
_DAYPARTS = (
    (_rx(r"\bin the mornings?\b|\bmornings\b|早上|早晨|上午"), (6, 12)),
    (_rx(r"\bin the afternoons?\b|\bafternoons\b|下午"), (12, 18)),
    (_rx(r"\bin the evenings?\b|\bevenings\b|傍晚|晚上|晚间"), (18, 24)),
    (_rx(r"\bovernight\b|\bin the small hours\b|凌晨"), (0, 6)),
)


def compare_words(text: str, taken: bytearray) -> Baseline | None:
    """The baseline named without a date ("the month before", "a year earlier", 环比, 同比); marks its words."""
    if match := _WEEK_EARLIER.search(text):
        taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
        return "week"
    if match := _YEAR_EARLIER.search(text):
        taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
        return "year"
    if match := _PREVIOUS.search(text):
        taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())
        return "previous"
    return None


class Reader:
    """Reads the modifiers of one masked clause and marks what it used in ``taken``."""

    def __init__(self, masked: str, taken: bytearray) -> None:
        self._text, self._taken = masked, taken

    def _hit(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.search(self._text)
        if match:
            self.take(match)
        return match

    def take(self, match: re.Match[str]) -> None:
        """Mark a match as understood."""
        self._taken[match.start() : match.end()] = b"\x01" * (match.end() - match.start())

    def _blank(self, match: re.Match[str]) -> None:
        self.take(match)
        self._text = self._text[: match.start()] + " " * (match.end() - match.start()) + self._text[match.end() :]

    def read(self) -> Modifiers:
        """All modifiers; hours and amounts first, because their numbers are nobody else's."""
        hours = self._hours()
        thresholds = self._thresholds()
        per = self._per()
        found = Modifiers(
            hours=hours,
            thresholds=thresholds,
            per=per,  # type: ignore[arg-type]
            share=bool(self._hit(_SHARE)),
            running=bool(self._hit(_RUNNING)),
            trend=bool(self._hit(_TREND)),
            relative=bool(self._hit(_RELATIVE)),
            count=bool(self._hit(_COUNT)),
            each=bool(self._hit(_EACH)),
            follow_up=bool(self._hit(_FOLLOW)),
            change=self._change(),  # type: ignore[arg-type]
            grains=self._grains(),
        )
        return self._ordered(found)

    def _change(self) -> str | None:
        up, down, neutral = self._hit(_UP), self._hit(_DOWN), self._hit(_CHANGE)
        if neutral or (up and down):
            return "any"
        return "up" if up else "down" if down else None

    def _grains(self) -> tuple[TimeGrain, ...]:
        grains: list[TimeGrain] = []
        text = self._text
        for pattern, grain in _GRAINS:
            match = pattern.search(text)
            if match and grain not in grains:
                grains.append(grain)
                self.take(match)  # names are taken already, so a match over one marks nothing new
                text = text[: match.start()] + " " * (match.end() - match.start()) + text[match.end() :]
        if not grains and (match := _WHEN.search(text)):
            self.take(match)
            return ("day",)
        return tuple(grains)

    def _ordered(self, found: Modifiers) -> Modifiers:
        for pattern, direction in _TOP_N:
            if match := pattern.search(self._text):
                words = match["n"] or match.groupdict().get("n2") or ""
                number = _ORDINALS.get(words) or parse_number(words)
                said, judged = self._superlative(match[0] if direction != "as said" else self._text)
                if direction == "as said" and said is None:
                    continue
                self.take(match)
                way = said if direction == "as said" else direction
                found = replace(found, direction=way, limit=number, ranked=True, judged=judged)  # type: ignore[arg-type]
                break
        else:
            said, judged = self._superlative(self._text)
            if said:
                found = replace(found, direction=said, ranked=True, judged=judged)
        if self._hit(_ASCENDING):
            return replace(found, direction="asc", ranked=True)
        if not found.ranked and self._hit(_RANKED):
            return replace(found, direction="desc", ranked=True)
        return found

    def _superlative(self, text: str) -> tuple[Direction | None, bool]:
        """Which way a superlative points, and whether it judges (best, worst) so that the metric has a say."""
        for pattern, direction, by_taste in _ORDER_RULES:
            if match := pattern.search(text):
                if text == self._text and len(match[0]) < LONGEST_SUPERLATIVE:
                    self.take(match)
                return direction, by_taste and not match[0].startswith(("top", "bottom"))
        return None, False

    def _per(self) -> str | None:
        for pattern in (_PER_EN, _PER_ZH):
            if match := pattern.search(self._text):
                word = next((g for name, g in match.groupdict().items() if g), "")
                if pattern is _PER_EN and (METRIC in match[0] or ENTITY in match[0]):
                    self._blank_words(match)
                else:
                    self._blank(match)
                return _ADVERBS.get(word) or _ZH_GRAINS.get(word) or word
        return None

    def _blank_words(self, match: re.Match[str]) -> None:
        """Blank the grain of "average Ⓜ per day" but keep the names between."""
        tail = re.search(r"(?:per|each|every|a) (?:day|week|month|quarter|year)$", match[0])
        if tail:
            start = match.start() + tail.start()
            self._taken[start : match.end()] = b"\x01" * (match.end() - start)
            self._text = self._text[:start] + " " * (match.end() - start) + self._text[match.end() :]
        self._taken[match.start() : match.start() + 8] = b"\x01" * min(8, match.end() - match.start())

    def _thresholds(self) -> tuple[Threshold, ...]:
        found: list[Threshold] = []
        for pattern, sign in _THRESHOLDS:
            while match := pattern.search(self._text):
                words = match["v"]
                number = float(words.replace(",", "")) if words[:1].isdigit() else float(parse_number(words or "一") or 0)
                value = number * _SCALE.get(match["s"] or "", 1.0)
                low, high = (value, None) if sign.startswith(">") else (None, value)
                found.append(Threshold(low, high, len(sign) == 1, match["s"] in {"%", "percent"}, match.start(), match.end()))
                self._blank(match)
        return tuple(found)

    def _hours(self) -> tuple[int, int] | None:
        if match := _HOURS_BETWEEN.search(self._text):
            self._blank(match)
            return _hour(match["h"], match["p"] or match["p2"]), _hour(match["h2"], match["p2"])
        if match := _HOURS_ZH.search(self._text):
            self._blank(match)
            part = match["part"]
            return _hour_zh(match["h"], part), _hour_zh(match["h2"], match["part2"] or part)
        for pattern, side in ((_HOURS_AFTER, "after"), (_HOURS_BEFORE, "before"), (_HOUR_AT, "at")):
            if match := pattern.search(self._text):
                self._blank(match)
                return _side(_hour(match["h"], match["p"]), side)
        if (match := _HOURS_ZH_OPEN.search(self._text)) and parse_number(match["h"]) is not None:
            self._blank(match)
            words = match["side"] or ""
            return _side(_hour_zh(match["h"], match["part"]), "after" if words.endswith("后") else "before" if words else "at")
        for pattern, hours in _DAYPARTS:
            if match := pattern.search(self._text):
                self._blank(match)
                return hours
        return None


def _hour(words: str, half: str | None) -> int:
    hour = int(words)
    return hour % 12 + (12 if half == "pm" else 0) if half and hour <= 12 else min(hour, 24)


def _hour_zh(words: str, part: str | None) -> int:
    hour = parse_number(words) or 0
    later = part in {"下午", "傍晚", "晚上", "晚", "夜里"} and hour < 12
    return min(hour + (12 if later else 0), 24)


def _side(hour: int, side: str) -> tuple[int, int]:
    return {"after": (hour, 24), "before": (0, hour), "at": (hour, min(hour + 1, 24))}[side]
