"""The words that ask whether something is off, in English and Chinese."""

from __future__ import annotations

from db.semantic.schema import Words

_EN_ASKS = """
anomaly|anomalies|anomalous|abnormal|abnormally|abnormality|abnormalities|abnormal days|outlier|outliers|outlying
anything unusual|anything odd|anything strange|anything weird|anything abnormal|anything off
anything wrong|anything out of the ordinary|anything funny|anything fishy|something odd|something strange
something weird|something unusual|something off|something wrong|unusual days|unusual day|odd days|odd day
strange days|strange day|weird days|weird day|out of the ordinary|out of line|look off|looks off|looked off
looking off|look odd|looks odd|looked odd|look strange|looks strange|look weird|looks weird|look unusual
looks unusual|looked unusual|looked weird|looked strange|behave strangely|behaving strangely|behaving oddly
acting strange|acting weird|acting up|unusually high|unusually low|abnormally high|abnormally low|unexpected spike
unexpected drop|unexpected dip|unexpected jump|unexpected changes|sudden spike|sudden spikes|sudden drop|sudden drops
sudden dip|sudden jump|sudden jumps|sudden surge|any spikes|any dips|any surprises|any outliers|spikes or dips
spikes and dips|spikes or drops|not normal|irregular|irregularities|irregularity|level shift|level shifts
went haywire|unusual activity|unusual behaviour|unusual behavior|strange patterns|weird patterns|odd patterns
missing days|days missing|deviate from normal|deviates from normal|off the charts|outside the usual range
outside the normal range|red flags|should i worry about|should we worry about|anything to worry about
anything i should know|looking strange|looking weird|looking unusual|what was unusual|what is unusual|what's unusual
what was odd|what's odd|what was abnormal|weird dips|weird spikes|weird dip|weird spike|odd spikes|strange spikes
unusual spikes|unusual dips|unusual sales|unusual revenue|unusual orders|unusual numbers|unusual values|unusual figures
anomolies|anomoly|anamolies|anomalys|anything stand out|anything stands out|stood out|stand out as unusual
"""
_ZH_ASKS = """
异常|异常值|异常情况|异常波动|异常点|异常日|不正常|不太正常|不对劲|不太对劲|有什么不对|有没有什么不对|哪里不对
反常|离群|离群点|离群值|有没有什么问题|有什么问题|有没有问题|出了什么问题|出问题|有问题吗|奇怪|怪异|蹊跷|古怪
突增|突降|突然增加|突然下降|突然上升|突然减少|突然下跌|突然上涨|突然飙升|突然暴跌|骤增|骤降|激增|暴增|暴跌|暴涨
飙升|猛增|猛跌|剧烈波动|大幅波动|波动异常|偏离正常|偏离常态|超出正常范围|超出正常|超出预期范围|异于平常|异于往常
和平时不一样|跟平时不一样|与平常不同|不寻常|不同寻常|不同于往常|明显偏高|明显偏低|异常高|异常低|高得离谱|低得离谱
离谱|出乎意料|意外的波动|有什么意外|失常|跳变|断崖|断崖式|缺失的日期|缺数据|漏数据|数据缺失|值得警惕|要不要担心
需要担心|需要注意的地方|值得注意的情况|有没有情况|有什么情况
"""
_EN_HINTS = """
spike|spikes|spiked|dip|dips|dipped|weird|odd|unusual|strange|surge|surged|plunge|plunged|unexpected
surprising|surprises|off|wrong|problem|problems|worry|worrying|glitch|outage|stand out|stands out|sudden|suddenly
normal|usual|alarming
"""
_ZH_HINTS = """
突然|波动|意外|怪|尖峰|峰值异常|掉得厉害|涨得厉害|正常吗|正常|问题|故障|中断|担心|警惕|不一样|起伏|低谷
"""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word for line in text.split("\n") for word in line.split("|") if word)


ASKS = Words(en=_listed(_EN_ASKS), zh=_listed(_ZH_ASKS))
HINTS = Words(en=_listed(_EN_HINTS), zh=_listed(_ZH_HINTS))
