"""The words that ask for segments of customers, and what segments, habits and groups are called, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from db.semantic.schema import Text, Words

Focus = Literal["all", "best", "loyal", "promising", "new", "occasional", "leaving", "at_risk", "lost"]
Method = Literal["rfm", "clusters", "value", "movement"]

# focus -> the segments that it holds
FOCUS: Mapping[str, tuple[str, ...]] = {
    "best": ("champions",),
    "loyal": ("loyal",),
    "promising": ("promising",),
    "new": ("new",),
    "occasional": ("occasional",),
    "leaving": ("about_to_leave", "at_risk"),
    "at_risk": ("at_risk",),
    "lost": ("lost",),
}

PLURAL: Mapping[str, Text] = {
    "champions": Text(en="champions", zh="核心客户"),
    "loyal": Text(en="loyal customers", zh="忠诚客户"),
    "promising": Text(en="promising customers", zh="潜力客户"),
    "occasional": Text(en="occasional customers", zh="偶尔购买客户"),
    "new": Text(en="new customers", zh="新客户"),
    "at_risk": Text(en="at-risk customers", zh="流失风险客户"),
    "about_to_leave": Text(en="customers about to leave", zh="即将流失客户"),
    "lost": Text(en="lost customers", zh="已流失客户"),
    "best": Text(en="champions", zh="核心客户"),
    "leaving": Text(en="customers about to leave or at risk", zh="即将流失或有流失风险的客户"),
    "all": Text(en="customers", zh="客户"),
}


def counted(name: str, count: int) -> Text:
    """So many of a segment: "1 lost customer", "556 champions", 核心客户556位."""
    label = PLURAL[name]
    en = label.en.replace("customers", "customer").replace("champions", "champion") if count == 1 else label.en
    return Text(en=f"{count:,} {en}", zh=f"{label.zh}{count:,}位")


# habit -> how a difference is said; {lift} times, {a} of the group, {b} of the others
HABITS: Mapping[str, Text] = {
    "rate": Text(
        en="they order {lift} times as often ({a} against {b} orders a week)",
        zh="下单频率是其他客户的{lift}倍（每周{a}单，其他客户{b}单）",
    ),
    "basket": Text(
        en="their baskets are worth {lift} times as much ({a} against {b})",
        zh="客单价是其他客户的{lift}倍（{a}，其他客户{b}）",
    ),
    "lines": Text(
        en="their baskets hold {lift} times as many lines ({a} against {b})",
        zh="每单商品行数是其他客户的{lift}倍（{a}行，其他客户{b}行）",
    ),
    "weekend": Text(en="{a} of their orders fall on a weekend ({b} for others)", zh="{a}的订单在周末（其他客户{b}）"),
    "morning": Text(en="{a} of their orders come before noon ({b} for others)", zh="{a}的订单在上午（其他客户{b}）"),
    "evening": Text(
        en="{a} of their orders come after 18:00 ({b} for others)", zh="{a}的订单在18:00以后（其他客户{b}）"
    ),
    "discounted": Text(en="discounts take {a} off what they buy ({b} for others)", zh="购物折扣率为{a}（其他客户{b}）"),
    "couponed": Text(en="{a} of their orders use a coupon ({b} for others)", zh="{a}的订单使用优惠券（其他客户{b}）"),
}
GOODS = Text(
    en="{member}: {a} of their spend ({b} for others, lift {lift})",
    zh="{member}占其消费的{a}（其他客户{b}，提升度{lift}）",
)
PERSON = Text(
    en="{field} '{member}': {a} of them ({b} of others, lift {lift})",
    zh="{field}“{member}”占{a}（其他客户{b}，提升度{lift}）",
)

# a group's name: words of models.segmentation.naming
GROUP_WORDS: Mapping[str, Text] = {
    "rate+": Text(en="frequent", zh="高频"),
    "rate-": Text(en="infrequent", zh="低频"),
    "basket+": Text(en="big-basket", zh="大单"),
    "basket-": Text(en="small-basket", zh="小单"),
    "lines+": Text(en="full-trolley", zh="多件"),
    "lines-": Text(en="few-item", zh="少件"),
    "weekend+": Text(en="weekend", zh="周末"),
    "weekend-": Text(en="weekday", zh="工作日"),
    "morning+": Text(en="morning", zh="上午"),
    "evening+": Text(en="evening", zh="晚间"),
    "discounted+": Text(en="bargain-hunting", zh="偏爱折扣"),
    "discounted-": Text(en="full-price", zh="少用折扣"),
    "couponed+": Text(en="coupon-using", zh="用券"),
    "variety+": Text(en="wide-range", zh="品类广"),
    "variety-": Text(en="narrow-range", zh="品类窄"),
    "average": Text(en="average", zh="普通"),
    "others": Text(en="other", zh="其他"),
}


def group_name(words: tuple[str, ...]) -> Text:
    """A found group's name: "frequent, wide-range shoppers".

    >>> group_name(("rate+", "department:DELI+")).en, group_name(("morning+",)).zh
    ('frequent, DELI-heavy shoppers', '上午型客户')
    """
    said = [_group_word(word) for word in words]
    return Text(en=f"{', '.join(w.en for w in said)} shoppers", zh=f"{'、'.join(w.zh for w in said)}型客户")


def _group_word(word: str) -> Text:
    if word.startswith("department:"):
        member = word.removeprefix("department:").rstrip("+-")
        return Text(en=f"{member}-heavy", zh=f"偏重{member}")
    return GROUP_WORDS.get(word) or GROUP_WORDS["others"]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for line in text.split("\n") for word in line.split("|") if word.strip())


ASKS = Words(
    en=_listed("""
segment our|segment the|segment customers|segment my|segments|segmentation|customer segments
customer segment|customer groups
customer types|types of customers|kinds of customers|types of shoppers|kinds of shoppers
group our customers
group the customers|group customers|cluster|clusters|clustering|rfm|rfm analysis|rfm score|persona
personas|portrait|portraits
customer profile|profile of our|profile our|profile the|profile of customer|churn|churning|churned
churners|churn risk
churn probability|attrition|about to leave|about to churn|about to quit|likely to leave|likely to churn
going to leave
might leave|may leave|will leave us|leaving us|at risk of leaving|at risk of churning|risk of leaving
risk of losing
stop buying|stopped buying|stop shopping|stopped shopping|stopped coming|stop coming|quit shopping
drifting away|slipping away
losing interest|lapse|lapsed|lapsing|lapsed customers|win back|winback|win them back|dormant
inactive customers
sleeping customers|lost customers|customers we lost|customers we have lost|customers have we lost
customers did we lose|shoppers did we lose|households did we lose|shoppers have we lost|we lose for good
worth to us|how much is a customer worth
best customers|best shoppers|best households|best buyers|vip|vips|vip customers
most valuable customers
most valuable households|most valuable shoppers|high value customers|high-value customers
valuable customers|top-tier customers
loyal customers|loyal shoppers|loyal households|most loyal|champions|promising customers
occasional customers
occasional shoppers|at-risk customers|at risk customers|customers at risk|customers are at risk
from loyal to|moved from
moved into|moved between|move between segments|lifetime value|clv|ltv|cltv|customer value|customer worth
customers worth
how valuable is|how valuable are|tell me about household|tell me about customer|tell me about shopper
who is customer
who is household|describe customer|describe household|describe our customers|what sets|sets them apart
sets apart
set them apart|what distinguishes|who are our customers|still alive|come back again
gone quiet|go quiet
haven't been back|not been back|about to lapse
"""),
    zh=_listed("""
分群|客户分群|用户分群|顾客分群|分层|客户分层|用户分层|会员分层|顾客分层|客户分类|客群|客群分析|细分客户|客户细分|顾客细分
聚类|客户群体|用户群体|顾客群体|几类客户|几类顾客|哪几类客户|哪些类型的客户|客户类型|顾客类型|rfm|rfm分析|rfm模型|画像|客户画像|用户画像
顾客画像|流失|流失率|流失风险|流失概率|流失预警|快流失|要流失|即将流失|可能流失|会流失|流失客户|已流失|流失了|流失的
快走了|要走了|快要离开|要离开|即将离开|可能离开|快跑了|要跑了|不再购买|不买了|不来了|不再来|不会再来|很久没来|好久没来
长时间没来|很久没买|好久没买|沉睡|沉睡客户|沉睡用户|休眠|休眠客户|唤醒|召回|挽回|挽留|高价值客户|高价值顾客|高价值用户|最有价值的客户
最有价值的顾客|价值客户|优质客户|优质顾客|大客户|最好的客户|最好的顾客|最优质|重要客户|核心客户|核心顾客|vip|贵宾|忠诚客户
忠实客户|忠实顾客|忠诚顾客|忠诚度最高|铁粉|潜力客户|有潜力的客户|偶尔购买|偶尔来|风险客户|有风险的客户|客户价值|顾客价值
生命周期价值|终身价值|客户终身价值
忠诚的顾客|忠诚的客户|最忠诚|是个什么样的人|是什么样的人|客户有什么特点|顾客有什么特点|用户有什么特点|客户有什么特征|顾客有什么特征|客户有何特点|顾客有何特点|客户有何不同|顾客有何不同
客户有什么不一样|客户是什么样的人|顾客是什么样的人|什么样的顾客|什么样的客户|客户迁移|分群变化|客群变化|客群之间|客群流转
"""),
)
HINTS = Words(
    en=_listed("""
segment|group|groups|type of customer|leave|leaving|leaver|at risk|loyal|loyalty|quiet|inactive|active
alive|return
come back|retention|retain|worth|valuable|profile|describe|tell me about|who are|who is|apart|differ
different about
typical|regulars|big spenders|spenders|one-timers|newcomers|moved|migrate|household
"""),
    zh=_listed("""
群体|类型|离开|有什么特点|有何特点|有什么特征|有哪些特征|有何不同|有什么不一样|什么样的人|变成了|转为|流转|忠诚|忠实|活跃|留存|价值|特点|特征|什么样|哪类|哪些人|介绍一下|说说|了解|老客
常客|散客|新来的|迁移|流动|风险
"""),
)
CHOICES: Mapping[str, Mapping[str, Words]] = {
    "method": {
        "clusters": Words(
            en=_listed("""
cluster|clusters|clustering|k-means|kmeans|gmm|behaviour groups|behavior groups|by behaviour|by behavior
shopping behaviour|shopping behavior|shopping habits|by habits|buying habits|buying patterns
shopping patterns|natural groups
types of shoppers|kinds of shoppers|personas|persona
"""),
            zh=_listed("聚类|行为分群|购物习惯|消费习惯|购买习惯|按行为|行为特征分|自然分成"),
        ),
        "value": Words(
            en=_listed("""
lifetime value|clv|ltv|cltv|customer value|expected purchases|expected value|future value
most valuable in future
how valuable|worth to us|will be worth|are worth|is worth|still alive|alive|will spend
"""),
            zh=_listed(
                "值多少钱|值多少|生命周期价值|终身价值|客户价值|顾客价值|未来价值|预期价值|预期购买|还会买多少|会贡献|还活跃"
            ),
        ),
        "movement": Words(
            en=_listed("""
moved|moved from|moved to|moved into|moved between|move between|movement|movements|migrate|migrated
migration|shifted
became|have become|turned into|changed segment|change segment|switched|switched segment|slipped
slipped from|went from
transition|transitions|dropped from|upgraded|downgraded|moving|moving from|climbed|sank|slid|slid down|rose to|fell to
from one group to another|between groups|between segments|up a segment|down a segment|promoted|demoted
"""),
            zh=_listed(
                "迁移|移动|流转|变成|变为|转为|转成|升级|降级|掉到|分群变化|流动|转移|变化|升上去|掉下来|爬升|滑落|升档|降档|升了级|掉了级|升了档|换了分群|换分群|换了群|换到"
            ),
        ),
        "rfm": Words(en=("rfm",), zh=("rfm",)),
    },
    "focus": {
        "leaving": Words(
            en=_listed("""
on their way out|way out|close to leaving|on the way out|fading|drifting|drift away|heading for the door|walking away
turning away|about to go|might lose|could lose|signs of leaving|going cold
about to leave|about to churn|about to quit|about to lapse|likely to leave|likely to churn|going to leave
might leave
may leave|will leave|leaving|leaving us|leave us|leave|churn|churning|churners|churn risk
churn probability|attrition
at risk of leaving|at risk of churning|are at risk of leaving|is at risk of leaving
customers at risk of leaving|risk of leaving|risk of losing|stop buying|stop shopping
stop coming|quit|drifting away
slipping away|losing interest|lapse|lapsing|gone quiet|go quiet|going quiet|won't come back|not come back
lose soon
"""),
            zh=_listed("""
流失的迹象|流失迹象|要走|想走|流失|快流失|要流失|快流失了|快要流失|快要流失了|要流失了|会流失了|可能流失了|即将流失|可能流失|会流失|流失风险|流失概率|流失预警|快走了|要走了|快要离开|要离开|即将离开|可能离开|快跑了
要跑了
不再购买|不买了|不来了|不再来|不会再来|挽留|离开
"""),
        ),
        "best": Words(
            en=_listed("""
best customers|best shoppers|best households|best buyers|best|vip|vips|vip customers|most valuable
high value|high-value
valuable customers|top-tier|top customers|top tier|champions|champion|biggest spenders|big spenders
top spenders|key customers
"""),
            zh=_listed("""
高价值|高价值客户|高价值顾客|高价值用户|最有价值|价值客户|优质|优质客户|大客户|最好的|最好的客户|最优质|重要客户|核心客户|核心顾客|vip|贵宾
"""),
        ),
        "loyal": Words(
            en=_listed("loyal|most loyal|loyal customers|loyal shoppers|loyal households|regulars"),
            zh=_listed("忠诚|忠实|忠诚客户|忠实客户|忠实顾客|忠诚顾客|铁粉|常客|忠诚度最高"),
        ),
        "promising": Words(
            en=_listed("promising|potential loyalists|up and coming|rising"), zh=_listed("潜力|潜力客户|有潜力的")
        ),
        "new": Words(
            en=_listed("newcomers|new customers|new shoppers|new households|recently joined|just joined|new ones"),
            zh=_listed("新客户|新客|新顾客|新来的|刚来的"),
        ),
        "occasional": Words(
            en=_listed("occasional|occasional customers|occasional shoppers|infrequent|one-timers|casual"),
            zh=_listed("偶尔购买|偶尔来|偶尔|散客|低频客户"),
        ),
        "at_risk": Words(
            en=_listed("""
at risk|at-risk|at-risk customers|at risk customers|customers at risk|customers are at risk
good customers at risk
"""),
            zh=_listed("流失风险客户|有风险的客户|风险客户|有流失风险的客户"),
        ),
        "lost": Words(
            en=_listed("""
lost|lost customers|we lost|have we lost|did we lose|churned|lapsed|lapsed customers|dormant|inactive
sleeping|gone|already gone|gone for good|given up on us|left us|have left
stopped buying|stopped shopping|stopped coming|win back|winback|win them back|haven't been back
not been back
"""),
            zh=_listed("""
彻底流失|回不来|捞不回来|不会再来|已经走掉|走掉的|走掉了|已经离开|已流失|流失了|流失客户|已经流失|沉睡|沉睡客户|沉睡用户|休眠|休眠客户|唤醒|召回|很久没来|好久没来|长时间没来|很久没买|好久没买|挽回
"""),
        ),
    },
}
