"""The tables behind ``modifiers``: each pattern once, both languages, over the masked text."""

from __future__ import annotations

import re
from typing import Literal

from agent.understand.text import EN_NUMBER, ZH_NUMBER

METRIC, DIMENSION, MEMBER, PERIOD, FILLER = "Ⓜ", "Ⓓ", "Ⓥ", "Ⓣ", "·"
ENTITY = "Ⓔ"  # a noun that is both a metric (how many stores) and a dimension (which stores)
LONGEST_SUPERLATIVE = 24  # "which … more" spans the clause: the words between stay to be read
DEFAULT_TOP = 5  # "the top departments", with no number said

Direction = Literal["asc", "desc"]
Baseline = Literal["previous", "week", "year"]
TimeGrain = Literal["hour", "day", "weekday", "day_type", "week", "month", "quarter", "year"]


def rx(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


BEST = r"best(?:[- ]selling|[- ]performing)?|top(?:[- ]selling|[- ]performing)?|strongest|leading|most popular|favou?rite|most successful|fastest|quickest|money[- ]spinn\w+|money-?makers?"
MOST = r"highest|(?<!\bat )most|largest|biggest|greatest|busiest|max(?:imum)?|peak|popular|priciest|no\. ?1|number one|#1|hottest|richest|heaviest|(?!latest|west|rest|test|interest|request|honest|forest|harvest|guest|contest|nearest|modest|invest|suggest|earliest|lowest|slowest|smallest|quietest|cheapest|poorest|weakest|fewest|least|worst|best)[a-z]{3,}est"
WORST = r"worst(?:[- ]selling|[- ]performing)?|weakest|poorest|(?<!at the )(?<!to the )bottom|least popular|under-?performing|laggards?|least successful|slowest(?:[- ]selling)?"
LEAST = r"lowest|(?<!\bat )least|fewest|smallest|min(?:imum)?|quietest|cheapest|tiniest"
ZH_MOST = r"最疯|最吸金|最抢手|最走俏|最火爆|最好卖|最来钱|最赚钱|最能卖|最红火|最高|最多|最大|最狠|最猛|最厉害|最凶|最明显|最畅销|最热销|最受欢迎|最热门|最旺|最忙|最繁忙|最贵|最活跃|之最|第一名?|冠军|居首|高峰|峰值"
ZH_BEST = r"最好|最佳|最强|最优|卖得最好|最火|表现最好|最快"
ZH_LEAST = r"最低|最少|最小|最冷清|最清淡|最闲|低谷|最便宜|最不畅销|最不受欢迎"
ZH_WORST = r"最难看|最难堪|最拉胯|最拉垮|最不理想|最不行|最烂|最惨|最差|最弱|垫底|倒数第一|表现最差|最糟|最慢"
ZH_UNIT = r"[名个大家位款种天周月类项户]?"

ORDER_RULES: tuple[tuple[re.Pattern[str], Direction, bool], ...] = (
    (rx(rf"\b(?:{BEST})\b|{ZH_BEST}"), "desc", True),
    (rx(rf"\b(?:{WORST})\b|{ZH_WORST}"), "asc", True),
    (rx(rf"\b(?:{MOST})\b|{ZH_MOST}"), "desc", False),
    (rx(rf"\b(?:{LEAST})\b|{ZH_LEAST}"), "asc", False),
    (
        rx(r"\b(?:which|who|what)\b.*\b(?:more|higher|bigger|better|larger)\b(?! than)|[哪谁].*更[高多好大强]"),
        "desc",
        False,
    ),
    (
        rx(
            r"\b(?:which|who|what)\b.*\b(?:less|fewer|lower|(?<!getting )(?<!gets )(?<!got )(?<!get )(?<!gone )worse|smaller)\b(?! than)|[哪谁].*更[低少差小弱]"
        ),
        "asc",
        False,
    ),
)
TOP_N = (
    (
        rx(
            rf"\b(?P<n>second|third|fourth|fifth|2nd|3rd|4th|5th)[- ](?:{BEST}|{MOST})\b|第(?P<n2>[二三四五])[高多大好强]"
        ),
        "desc",
    ),
    (
        rx(
            rf"\b(?P<n>second|third|fourth|fifth|2nd|3rd|4th|5th)[- ](?:{WORST}|{LEAST})\b|第(?P<n2>[二三四五])[低少小差弱]"
        ),
        "asc",
    ),
    (
        rx(
            rf"(?:^|\b(?:which|what|the|our|name|list|show(?: me)?) )(?P<n>{EN_NUMBER}) (?=[{DIMENSION}{ENTITY}{MEMBER}]|days?\b|weeks?\b|months?\b|hours?\b)"
        ),
        "as said",
    ),
    (rx(rf"\b(?:which|what) (?P<n>{EN_NUMBER}) (?=[{DIMENSION}{ENTITY}])"), "desc"),
    (rx(rf"主要是?(?:有|因为)?哪(?P<n>{ZH_NUMBER})[类个种样]|前(?P<n2>{ZH_NUMBER})大"), "desc"),
    (rx(rf"哪(?P<n>{ZH_NUMBER}|仨|俩)[样款种类家个次场位名户]"), "as said"),
    (rx(rf"\b(?P<n>{EN_NUMBER}) (?:main|chief|principal|primary|commonest|most common|leading) "), "desc"),
    (
        rx(
            rf"\b(?:give|show|get) (?:me|us) (?:the |just |only )*(?P<n>{EN_NUMBER}) (?=[^?]*[{DIMENSION}{ENTITY}])(?!days|weeks|months|hours)"
        ),
        "as said",
    ),
    (
        rx(rf"(?:{ZH_MOST}|{ZH_BEST})的?是?哪?(?P<n>{ZH_NUMBER}|仨|俩)[个家位款种名类]?(?=[{DIMENSION}{ENTITY}])"),
        "desc",
    ),
    (
        rx(rf"(?:{ZH_LEAST}|{ZH_WORST})的?是?哪?(?P<n>{ZH_NUMBER}|仨|俩)[个家位款种名类]?(?=[{DIMENSION}{ENTITY}])"),
        "asc",
    ),
    (rx(rf"\b(?:{BEST}|{MOST}|first) (?P<n>{EN_NUMBER})\b(?! ?%)"), "desc"),
    (rx(rf"\b(?P<n>{EN_NUMBER}) (?:very |absolute |all-time )?(?:{BEST}|{MOST})\b"), "desc"),
    (rx(rf"\b(?:{WORST}|{LEAST}|last) (?P<n>{EN_NUMBER})\b(?! ?%)"), "asc"),
    (rx(rf"\b(?P<n>{EN_NUMBER}) (?:{WORST}|{LEAST})\b"), "asc"),
    (rx(rf"哪(?P<n>{ZH_NUMBER})个?(?=[{DIMENSION}{ENTITY}]|小时|天|周|月|季度|部门|品类|门店)"), "as said"),
    (rx(r"\bgive me (?:just |only )?(?:the )?(?P<n>\d{1,2})\b(?! ?%)(?! ?(?:days|weeks|months))"), "as said"),
    (rx(rf"(?:倒数|后|末)(?P<n>{ZH_NUMBER}){ZH_UNIT}"), "asc"),
    (rx(rf"(?:排名|排行|top ?)?前(?P<n>{ZH_NUMBER}){ZH_UNIT}|\btop ?(?P<n2>\d+)"), "desc"),
    (rx(rf"(?:{ZH_MOST}|{ZH_BEST})钱?的?(?:前)?(?P<n>{ZH_NUMBER}){ZH_UNIT}"), "desc"),
    (rx(rf"(?:{ZH_LEAST}|{ZH_WORST})的?(?P<n>{ZH_NUMBER}){ZH_UNIT}"), "asc"),
)
RANKED = rx(
    r"\brank(?:ed|ing|s)?\b|\bsort(?:ed)?\b|\border(?:ed)? by\b|\bleague table\b|\bleaderboard\b|排个?名|排行榜?|排个?序|从高到低|由高到低|降序"
)
ASCENDING = rx(r"\bascending\b|\blowest first\b|\bsmallest first\b|从低到高|由低到高|升序")
_MOVING = (  # what "up" and "down" say of a figure behind; "ring up", "break down" and "clogging up" move none
    r"(?:is|are|was|were|be|been|being|go|goes|going|went|gone|moved?|moving|crept|creeping|creeps|shot|shooting|trended|trending|ticked"
    r"|edged|inched|nudged|jumped|headed|heading|drive|drives|driving|drove|driven|push|pushes|pushing|pushed|drag|drags|dragging|dragged"
    r"|pull|pulls|pulling|pulled|sent|slightly|way|well|sharply|still|came|come|coming|brought|bring|brings|bringing|weigh|weighed)"
)
_MOVED = r"(?= (?:on|from|vs|versus|against|compared|since|or down|or up|and down|and up|sharply|slightly|a lot|a bit|\d|by (?:\d|how|more|less|a)))"
_NO_MOVE = "".join(
    f"(?<!{verb} )" for verb in "stack stacks stacked measure measures measured ring rang rung add".split()
)
UPWARD = rf"pick(?:s|ed|ing)? up (?:the )?most\b|{_MOVING} up(?! to\b| front\b| with\b)|{_NO_MOVE}up{_MOVED}"
DOWNWARD = rf"{_MOVING} down(?! to\b)|down{_MOVED}"
_OF_FIGURE = f"[{METRIC}{ENTITY}]{FILLER}*"
UP = rx(
    r"\b(?:grew|grow(?:n|ing|s)?|rose|rise[sn]?|rising|increas(?:e[ds]?|ing)|gain(?:ed|s|ing)?|climb(?:ed|s|ing)?|jump(?:ed|s)?|improv(?:e[ds]?|ing|ement)|growth|"
    + UPWARD
    + rf")\b|{_OF_FIGURE} up(?! to\b)|增长|增量|上升|上涨|增加|提升|涨幅|增幅|涨了?"
)
DOWN = rx(
    r"\b(?:fell(?! through\b| flat\b)|fall(?:en|s|ing)?(?! flat\b| on\b| in\b| under\b| into\b| through\b)|drop(?:ped|s|ping)?(?! (?:more |less |the most |most )?(?:cash|money|dollars|bucks)\b)"
    r"|declin(?:e[ds]?|ing)|decreas(?:e[ds]?|ing)|los(?:e|t|ing)|shr[ai]nk(?:ing)?|shrunk|slid|"
    + DOWNWARD
    + rf"|dip(?:ped)?|worsen(?:ed)?|slump(?:ed)?)\b|{_OF_FIGURE} down(?! to\b)|下降|少了|变少|掉得|下滑|下跌|减少|降低|跌幅|降幅|跌了?|降了"
)
CHANGE = rx(
    r"\b(?:chang(?:e[ds]?|ing)|differ(?:s|ed|ence)?(?! (?:by|across|among|between|depending|per)\b)|delta|swing)\b|变化|变动|变了|差异|差多少|差距|涨跌"
)
RELATIVE = rx(
    r"\bgrowth rates?\b|\bfastest\b|\bpercentage (?:change|growth|increase|drop)\b|\brelative(?:ly)?\b|增长率|增速|增幅|涨幅|降幅|跌幅|最快|变化率"
)
TREND = rx(
    r"\btrend(?:s|ing|ed| ?lines?)?\b|\bover time\b|\btime series\b|\btrajectory\b|\bhistory\b|\bevol(?:ve[ds]?|ution|ving)\b|\bseasonal(?:ity| pattern)\b|\bdevelop(?:ed|ment|ing|s)?\b|\bhow (?:has|have) .{0,40} (?:developed|evolved)|趋势|走势|怎么走的?|走得怎么样|曲线|变化情况|历史|季节性"
)
SHARE = rx(
    r"\bshares?\b|\bpercent(?:age)?s?\b|\bproportions?\b|\bfraction\b|\bportion\b|\bwhat (?:part|piece|bit|cut) of\b|\bwhat (?:slice|chunk|cut|portion)\b|\b(?:slice|chunk|piece|cut) of\b|\bhow (?:big|large) an? (?:part|piece|slice|chunk|bit)\b|% of|\bpct\b|\bcontribut\w+\b(?! to (?:the |this |that |our )?(?:change|drop|fall|rise|growth|decline|increase|decrease|dip|jump|surge|slump|swing)\b)|\bmakes? up\b|\bmade up\b|\baccount(?:s|ed|ing)? for\b(?! (?:the |this |that |our )?(?:change|drop|fall|rise|growth|decline|increase|decrease|dip|jump|surge|slump|swing)\b)|(?<!where that )(?<!where it )(?<!where this )\b(?:comes?|came) from\b|\bmix\b|\bout of (?:every|each) (?:hundred|100|ten|10|thousand)\b|每一?[百千十](?:个|单|笔)|占比|占了?|比例|份额|比重|百分比|百分之|贡献(?!了?多少(?:钱|Ⓜ|Ⓔ))|几成|构成"
)
OF_EVERYBODY = rx(
    r"\b(?:from|for|across|of|by|over|among) (?:all (?:of )?(?:our )?(?:customers|shoppers|households|families)|everyone|everybody)\b"
    r"|全体|(?:所有|全部)的?(?:顾客|客户|用户|会员|人|家庭)",
)
RUNNING = rx(r"\brunning (?:total|sum)s?\b|\bcumulative(?:ly)?\b|\baccumulat\w+\b|累计|累积|累加")
GRAIN_EN = r"(?P<g>day|week|month|quarter|year)"
PER_EN = rx(
    rf"\b(?:average|avg|mean|typical) (?P<adv>daily|weekly|monthly|quarterly|yearly)\b|\b(?P<adv2>daily|weekly|monthly|quarterly) (?:average|avg|mean)s?\b"
    rf"|\b(?:on average|average|avg)\b[^?]*?\b(?:per|each|every|a) {GRAIN_EN}\b|\b(?:per|each|every|a) (?P<g2>day|week|month|quarter|year)(?: \S+)?,? on average\b"
    rf"|\b(?:average|typical) (?P<g3>day|week|month)\b|\bhow (?:many|much)\b[^?]*\b(?:per|a) (?P<g4>day|week|month)\b"
)
PER_ZH = rx(r"(?P<z>日|周|月|季)均|平均(?:每|一)个?(?P<z2>天|日|周|月|星期|季度)|每个?(?P<z3>天|日|周|月|星期)的?平均")
ADVERBS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}
ZH_GRAINS = {
    "日": "day",
    "天": "day",
    "周": "week",
    "星期": "week",
    "礼拜": "week",
    "月": "month",
    "季": "quarter",
    "季度": "quarter",
    "年": "year",
    "小时": "hour",
}
COMPARE_PREP = r"(?:vs\.?|versus|compared? (?:to|with|against)|comparing (?:to|with)|against|relative to|in comparison (?:to|with)|over|than|from|on|and|to)"
YEAR_EARLIER = rx(
    r"\byear[- ]over[- ]year\b|\byear[- ]on[- ]year\b|\byoy\b|\by/y\b"
    r"|(?:\b"
    + COMPARE_PREP
    + r" )?(?:the )?same (?:period|time|month|week|quarter|days?) (?:of |in |the )*(?:last year|previous year|prior year|year before|a year (?:ago|earlier|before)|one year (?:ago|earlier))"
    r"|\b"
    + COMPARE_PREP
    + r" (?:the )?(?:year before|year earlier|a year (?:ago|earlier|before)|(?:the )?(?:prior|previous) year)\b"
    r"|同比|(?:和|与|跟|比|较|相比)?(?:去年|上年|前一年)(?:的)?同(?:期|月|季)(?:相比|比较|对比|比)?"
)
WEEK_EARLIER = rx(
    r"(?:\b"
    + COMPARE_PREP
    + r" )?(?:the )?(?:same day (?:the week before|last week|a week (?:ago|earlier|before)|(?:of|in) the (?:previous|prior) week)|(?:mon|tues|wednes|thurs|fri|satur|sun)day before(?=\s*(?:$|[?.,!;]|and\b|by\b|for\b))|weekend before(?! last)|(?:previous|prior|preceding) weekend)"
    r"|(?:和|与|跟|比|较|相比)?(?:前一个?周末|上周(?:同一天|同日|同期)|前一个?(?:周|星期)[一二三四五六日天])(?:相比|比较|对比|比)?"
)
PREVIOUS = rx(
    r"\bmonth[- ](?:over|on)[- ]month\b|\bweek[- ](?:over|on)[- ]week\b|\bquarter[- ](?:over|on)[- ]quarter\b|\bperiod[- ](?:over|on)[- ]period\b|\bday[- ](?:over|on)[- ]day\b|\bmom\b|\bwow\b|\bqoq\b|\bm/m\b"
    r"|\b"
    + COMPARE_PREP
    + r" (?:the )?(?:one )?(?:previous|prior|preceding) (?:period|day|week|month|quarter|year|one)\b"
    r"|(?:\b"
    + COMPARE_PREP
    + r" )?\bthe (?:period|day|week|month|quarter|year|one) (?:(?:that |which )?(?:came|went|was) before|leading up to it|before|earlier|prior)(?: that one| that| it)?(?=\s*(?:$|[?.,!;]|(?:and|by|for|in|as)\b))"
    r"|(?:\b" + COMPARE_PREP + r" )?\ba (?:day|week|month|quarter) (?:before|earlier|prior)\b"
    r"|\b(?:vs\.?|versus|than|against) (?:day|week|month|quarter|year) before\b"
    r"|\b"
    + COMPARE_PREP
    + r" (?:the )?(?:(?:previous|prior|preceding) \w+ (?:days|weeks|months)|\w+ (?:days|weeks|months) (?:before|prior|earlier)(?: that)?|(?:in )?the (?:two|three|four|five|six|seven) before(?: that)?)\b"
    r"|\b(?:and|with) the (?:two|three|four|five|six|\d+) (?:days|weeks|months) before (?:that|it)\b"
    r"|再(?:往前|上|前)(?:一|两|[二三四五六七八九十]|\d+)?个?(?:天|日|周|星期|月|季度|年)|环比|(?:和|与|跟|比|较|相比|对比)(?:上一?期|前一?期|上一个?周期|前一个?(?:月|周|季度|天|星期)|(?:再)?之前的?(?:[一两二三四五六]|\d+)个?(?:月|周|天|星期)|之前)(?:相比|比较|对比|比)?"
)
EACH = rx(
    r"\brespectively\b|\bvs\.?(?= |$)|\bversus\b|\bcompar(?:e|ed|ing|ison)\b|\bagainst\b|\beach\b|\bside by side\b|\bor\b|分别|各自|各是|各有|各[^,，。每个]{0,4}(?:多少|几)|对比|比较|相比|\bpk\b|哪个|谁|还是"
)
COUNT = rx(
    r"\bhow many\b|\bnumber of\b|\bcount of\b|\b# of\b|\bno\. of\b|\btotal number\b|\bby (?:count|number)\b(?! of\b)|多少[个家位名款种户]|几[个家位名款种]|[个家人]数|数量"
)
FOLLOW = rx(
    r"^(?:and|but|what about|how about|what if|same|also|only|just|now|then|ok(?:ay)?,? (?:and|now|so)|so|split|break|instead|again|for|by|per|in|with|without|excluding|show (?:it|that|them|the same)|(?:can you )?(?:do|sort|rank|compare|split|break|show) (?:it|that|this|them|those|the same))\b"
    r"|\b(?:it|that|those|them|same)\b|\binstead\b|^那|^再|^只|^换|^改|^还|^其中|呢[?？。!]*$|^如果|^要是|^换成|也来|也要|也看|它|同样|一样|改成|换成|按.{1,8}(?:看|分|拆)"
)
WHEN = rx(r"\bwhen (?:did|was|were|do|does|have)\b|什么时候")
OF_METRIC = rf"\b(?:{BEST}|{MOST}|{WORST}|{LEAST})(?: {EN_NUMBER})? [{METRIC}{ENTITY}]{FILLER}* (?:generating |grossing )?(?:single )?"
ZH_BEST_OF = rf"(?:{ZH_MOST}|{ZH_BEST}|{ZH_LEAST}|{ZH_WORST}|前|倒数)的?(?:前)?(?:一|几|{ZH_NUMBER})?个?"
ALSO_BY = rf"[{DIMENSION}{ENTITY}]{FILLER}*,? ?(?:and|by|x|&|和|与|及|、) ?(?:by |per |按|各|每个?)?"
GRAINS: tuple[tuple[re.Pattern[str], TimeGrain], ...] = (
    (rx(ZH_BEST_OF + r"(?:天|日子?)(?!数)|的日子|有?(?:几|多少)天(?![前后])"), "day"),
    (rx(ZH_BEST_OF + r"(?:周(?![一二三四五六日天末几])|星期(?![一二三四五六日天几]))"), "week"),
    (rx(ZH_BEST_OF + r"月份?"), "month"),
    (rx(ZH_BEST_OF + r"季度?"), "quarter"),
    (rx(ZH_BEST_OF + r"(?:小时|时段|时间段|钟头|钟点)|几点钟?(?!到|至|以|之|前|后)"), "hour"),
    (rx(ALSO_BY + r"(?:weekday|day of (?:the )?week|星期几?)"), "weekday"),
    (rx(ALSO_BY + r"(?:hour\b|小时|时段)"), "hour"),
    (rx(ALSO_BY + r"(?:days?\b|dates?\b|日期|[天日])"), "day"),
    (rx(ALSO_BY + r"(?:weeks?\b|周)"), "week"),
    (rx(ALSO_BY + r"(?:months?\b|月)"), "month"),
    (rx(ALSO_BY + r"(?:quarters?\b|季度)"), "quarter"),
    (
        rx(
            r"\bhourly\b|\b(?:by|per|each|every|which|what|busiest|best|worst|peak|quietest|deadest|slowest|across)(?: \w+)? hours?\b|\bhours? of (?:the )?day\b|\bwhat times?(?: of (?:the )?day)?\b|\bbusiest times?\b|\bhour by hour\b|每(?:个)?小时|按小时|各个?小时|分时段?|各时段|时段|哪个小时|几点(?!到|至|以|之|前|后)|[各每哪]几?个?钟[头点]|一个?(?:钟头|小时|钟)一个?(?:钟头|小时|钟)|按钟[头点]|(?:按|看)一天(?:里|中)?的?(?:各个?)?(?:小时|钟点|时段)|一天(?:里|中)?(?:的)?24个?小时|小时粒度"
        ),
        "hour",
    ),
    (
        rx(
            r"\b(?:by|per|each|every|which|what|across|best|worst|busiest|quietest|for each|strongest|weakest) (?:weekdays?|days? of (?:the )?week)\b|\bdays? of (?:the )?week\b|\bweekday by weekday\b|\bweekday (?:pattern|breakdown|split|distribution)\b|周一[到至]周[日天]|星期一[到至]星期[日天]|星期几|周几|礼拜几|按星期|按周几|各星期|一周(?:中|里|之中|内)(?:的)?(?:哪|各|每)一?天?"
        ),
        "weekday",
    ),
    (
        rx(
            r"\bdaily\b|\b(?:day|date)[- ]?wise\b|\b(?:by|per|each|every) (?:day|date)\b|\bday[- ](?:by|after)[- ]day\b|每一?[天日]|一天给?一个(?:数|值)|\b(?:one|a) (?:figure|number|value|line|row) (?:a|per|(?:for )?each|(?:for )?every) day\b|逐[天日]|按[天日]|各[天日]|天天|哪(?:一|[几二两三四五六七八九十\d]+)?[天日]|一天一天|[天日]粒度"
        ),
        "day",
    ),
    (
        rx(
            r"\bweekly\b|\bweek[- ]?wise\b|\b(?:by|per|each|every) week\b|\bweek[- ](?:by|after)[- ]week\b|每(?:一|个)?(?:周|星期|礼拜)|一(?:个)?(?:周|星期|礼拜)给?一个?(?:数|值)|\b(?:one|a) (?:figure|number|value|line|row) (?:a|per|(?:for )?each|(?:for )?every) week\b|\bseven days at a time\b|逐周|按周(?!几)|各周|哪(?:一|个|[几二两三四五六七八九十\d]+)?个?(?:周|星期)(?!几)|一个?(?:周|星期|礼拜)一个?(?:周|星期|礼拜)|周粒度"
        ),
        "week",
    ),
    (
        rx(
            r"\bmonthly\b|\bmonth[- ]?wise\b|\b(?:by|per|each|every) months?\b|\bmonth[- ](?:by|after)[- ]month\b|每(?:一|个)?个?月|一个?月给?一个(?:数|值)|\b(?:one|a) (?:figure|number|value|line|row) (?:a|per|(?:for )?each|(?:for )?every) month\b|逐月|按月份?|各个?月份?|月度|哪(?:一|个|[几二两三四五六七八九十\d]+)?个?月份?|分月|一个?月一个?月|月粒度"
        ),
        "month",
    ),
    (
        rx(
            r"\bquarterly\b|\bquarter[- ]?wise\b|\b(?:by|per|each|every) quarters?\b|\bquarter[- ](?:by|after)[- ]quarter\b|每(?:一|个)?个?季度?|逐季|按季度?|各个?季度?|季度性|哪(?:一|个|几)?个?季度?|分季度?|一个季度?一个季度?|季度?粒度"
        ),
        "quarter",
    ),
    (rx(r"\b(?:yearly|annual(?:ly)?)\b|\b(?:by|per|each|every) years?\b|每(?:一)?年|逐年|按年|各年"), "year"),
    (rx(OF_METRIC + r"days?\b"), "day"),
    (rx(OF_METRIC + r"weeks?\b"), "week"),
    (rx(OF_METRIC + r"months?\b"), "month"),
    (rx(OF_METRIC + r"(?:hours?|time of day)\b"), "hour"),
    (rx(OF_METRIC + r"quarters?\b"), "quarter"),
    (
        rx(
            r"\beach of the (?:(?:last|next|past|coming|following) )?(?:\w+ )?days\b|\b(?:list|show|name|find|give me)(?: me)?(?: the| all| every)* days\b"
        ),
        "day",
    ),
    (
        rx(
            r"\bone week after (?:the other|another)\b|\beach of the (?:(?:last|next|past|coming|following) )?(?:\w+ )?weeks\b|\b(?:list|show|name|find|give me)(?: me)?(?: the| all| every)* weeks\b"
        ),
        "week",
    ),
    (
        rx(
            r"\bone month after (?:the other|another)\b|\beach of the (?:(?:last|next|past|coming|following) )?(?:\w+ )?months\b|\b(?:list|show|name|find|give me)(?: me)?(?: the| all| every)* months\b|月份有哪|哪些月份|的月份"
        ),
        "month",
    ),
    (rx(r"\b(?:through|over|across|along) the months of\b"), "month"),
    (rx(r"[四4]个季度"), "quarter"),
    (rx(rf"哪{ZH_NUMBER}个?(?:小时|钟头)"), "hour"),
    (rx(r"一周[七7]天|周几|按周[一二三四五六日]|一周(?:内|里|中)"), "weekday"),
    (rx(r"\b(?:slowest|rank(?: the)?|deadest|dullest|strongest) weekdays?\b"), "weekday"),
    (rx(r"\b(?:days?|dates?) (?:with|that|when|where|had|having)\b"), "day"),
    (rx(r"\bweeks? (?:with|that|when|where|had|having)\b"), "week"),
    (rx(r"\bmonths? (?:with|that|when|where|had|having)\b"), "month"),
    (
        rx(
            r"(?:\bwhich(?: {1})?|\bwhat(?: {1})?|{0}|\bsingle|\bour|\d+|\bthese|\bthose)(?: single| sales| trading| calendar)? (?:days?|dates?)\b(?! of (?:the )?week)".replace(
                "{0}", rf"\b(?:{BEST}|{MOST}|{WORST}|{LEAST})"
            ).replace("{1}", EN_NUMBER)
        ),
        "day",
    ),
    (
        rx(
            rf"(?:\b(?:which|what)(?: {EN_NUMBER})?|\b(?:{BEST}|{MOST}|{WORST}|{LEAST})|\d+)(?: sales| trading| calendar)? weeks?\b"
        ),
        "week",
    ),
    (
        rx(
            rf"(?:\b(?:which|what)(?: {EN_NUMBER})?|\b(?:{BEST}|{MOST}|{WORST}|{LEAST})|\d+)(?: sales| trading| calendar)? months?\b"
        ),
        "month",
    ),
    (
        rx(
            rf"(?:\b(?:which|what)(?: {EN_NUMBER})?|\b(?:{BEST}|{MOST}|{WORST}|{LEAST})|\d+)(?: sales| trading| calendar)? quarters?\b"
        ),
        "quarter",
    ),
)

ORDINALS = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5}
SCALE = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "million": 1e6,
    "万": 1e4,
    "千": 1e3,
    "百": 1e2,
    "亿": 1e8,
    "%": 0.01,
    "percent": 0.01,
    "百分之": 0.01,
    "w": 1e4,
}
NUMBER = r"[$￥¥]? ?(?P<v>\d[\d,]*(?:\.\d+)?) ?(?P<s>k|thousand|mn|million|m|w|万|千|百|亿|%|percent)?(?![\w])"
NUMBER_ZH = r"[$￥¥]?(?P<v>\d[\d,]*(?:\.\d+)?|[一二两三四五六七八九十]+)(?P<s>k|万|千|百|亿|%|w)?"
ZH_ROUND = r"(?P<v>)(?P<s>万|千|亿)"
THRESHOLDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        rx(
            r"(?:\bmore than|\bover(?! 20[12]\d\b(?! ?(?:dollars|usd|units|orders|customers|in|of)\b))|\babove|\bgreater than|\bhigher than|\blarger than|\bbigger than|\bexceed(?:s|ed|ing)?|\bbeyond|\b(?:cleared|topped|surpassed|cracked|broke)|>) ?"
            + NUMBER
        ),
        ">",
    ),
    (rx(r"(?:\bat least|\bno (?:less|fewer) than|\bminimum(?: of)?|>=|≥) ?" + NUMBER), ">="),
    (rx(r"(?:\bless than|\bunder|\bbelow|\bfewer than|\blower than|\bsmaller than|<) ?" + NUMBER), "<"),
    (rx(r"(?:\bat most|\bno more than|\bup to|\bmaximum(?: of)?|<=|≤) ?" + NUMBER), "<="),
    (rx(r"(?:超过|大于|高于|多于|超出|突破|破|>)" + NUMBER_ZH), ">"),
    (rx(r"(?:超过|突破|破|过)" + ZH_ROUND), ">"),
    (rx(r"(?:不低于|至少|不少于|大于等于|不小于|>=|≥)" + NUMBER_ZH), ">="),
    (rx(r"(?:低于|小于|少于|不到|不足|不满|<)" + NUMBER_ZH), "<"),
    (rx(r"(?:不超过|至多|最多|不高于|不大于|小于等于|<=|≤)" + NUMBER_ZH), "<="),
    (rx(NUMBER_ZH + r"(?:美?元|块钱?|美金|单|件|人|户|个|笔|次|回|趟)?(?:及?以上)"), ">="),
    (rx(NUMBER_ZH + r"(?:美?元|块钱?|美金|单|件|人|户|个|笔|次|回|趟)?(?:及?以下|以内|之内)"), "<="),
    (rx(NUMBER + r" (?:or|and) (?:more|above|over)\b"), ">="),
    (rx(NUMBER + r" or (?:less|fewer|below)\b"), "<="),
)
HOUR_EN = r"(?P<h>\d{1,2})(?::00)? ?(?P<p>am|pm)?"
HOUR_EN2 = r"(?P<h2>\d{1,2})(?::00)? ?(?P<p2>am|pm)"
HOURS_BETWEEN = rx(rf"\b(?:between |from )?{HOUR_EN} ?(?:-|to|and|until|till) ?{HOUR_EN2}\b")
HOURS_AFTER = rx(rf"\b(?:after|since|from) {HOUR_EN.replace('?P<p>am|pm)?', '?P<p>am|pm)')}\b")
HOURS_BEFORE = rx(rf"\b(?:before|until|till) {HOUR_EN.replace('?P<p>am|pm)?', '?P<p>am|pm)')}\b")
HOUR_AT = rx(rf"\b(?:at |around )?{HOUR_EN.replace('?P<p>am|pm)?', '?P<p>am|pm)')}\b")
PART_ZH = r"(?P<part>凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚|夜里)?"
HOURS_ZH = rx(
    rf"{PART_ZH}(?P<h>{ZH_NUMBER})点(?:钟)?(?:到|至|-|~){PART_ZH.replace('part', 'part2')}(?P<h2>{ZH_NUMBER})点(?:钟)?(?:之间)?"
)
HOURS_ZH_OPEN = rx(
    rf"{PART_ZH}(?P<h>{ZH_NUMBER})(?:点(?=[钟以之前后整])|点(?<!(?<![早晚午晨里])一点))(?:钟)?(?P<side>以后|之后|后|以前|之前|前)?"
)
DAYPARTS = (
    (rx(r"\bbefore noon\b|中午(?:以|之)?前"), (0, 12)),
    (rx(r"\bafter noon\b|中午(?:以|之)?后"), (12, 24)),
    (rx(r"\b(?:at|over|during) lunch(?:time)?\b|\blunch hours?\b|中午|午饭时间"), (11, 14)),
    (rx(r"\bin the mornings?\b|\bmornings\b|早上|早晨|上午"), (6, 12)),
    (rx(r"\bin the afternoons?\b|\bafternoons\b|下午"), (12, 18)),
    (rx(r"\bin the evenings?\b|\bevenings\b|傍晚|晚上|晚间"), (18, 24)),
    (rx(r"\bovernight\b|\bin the small hours\b|凌晨"), (0, 6)),
)
