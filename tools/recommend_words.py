"""The words that ask for recommendations, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from db.semantic.schema import Words

_EN_ASKS = """
recommend|recommends|recommended|recommending|recommendation|recommendations|what should we offer|what to offer
what can we offer|what could we offer|what should we suggest|what can we suggest|what to suggest|suggest products
suggest some products|suggest items|product suggestions|suggestions for customer|suggestions for household
what should we show|what to show|what should we pitch|what to pitch|what should we promote to|what would they like
what would customer|what would household|what might customer|what might household|what will customer buy
what will household buy|likely to buy next|going to buy next|buy next|purchase next|want next|need next
next basket|next best offer|next best product|what goes with|what goes well with|goes well with|go well with
goes together with|what pairs with|pairs well with|pair with|frequently bought together|bought together
bought along with|bought alongside|bought with|often bought with|usually bought with|buy together with|buy along with
buy alongside|customers who bought|customers who buy|people who bought|people who buy|shoppers who bought
households that buy|households who buy|also buy|also bought|cross sell|cross-sell|cross selling|upsell|up-sell
due for a reorder|due to reorder|due for reorder|running out of|run out of|running low on|remind them to buy
restock reminder|what should they try|products to try|something new to try|new products for|put next to|bundle with
bundle together|make a bundle|what else should
"""
_ZH_ASKS = """
推荐|猜你喜欢|推什么|推哪些|推点什么|推些什么|推给|该推|能推|可以推|给他们推|给她推|给他推|推送什么商品|荐购
该给什么|该卖什么给|卖什么给|向他们推|向其推|提供什么商品|提供哪些商品|适合推|适合买|适合什么商品|适合哪些商品
搭配|搭售|捆绑|组合销售|组合购买|一起买|一块买|一同购买|一起购买|同时购买|同时买|经常一起|常一起|还会买|还买
也会买|也买|还喜欢买|关联商品|关联购买|关联销售|连带销售|连带购买|交叉销售|向上销售|买了还|的人还|的人也
下次会买|下次买什么|下一次买|下次可能买|接下来会买什么|会想买|可能会买什么|可能想买|可能喜欢|会喜欢什么|喜欢什么商品
该补货提醒|该补什么|快用完|快吃完|用完了该|复购什么|该复购|该回购|回购提醒|复购提醒|再次购买哪些|种草|尝试什么新
给他们什么|给什么优惠|什么优惠|什么福利|可以试试什么|追加销售|加购建议|放在一起卖|摆在一起|配什么
"""
_EN_HINTS = """
ideas|never bought|never tried|could we show
offer|offers|suggest|suggestion|suggestions|cross|upsell|pitch|like to buy|interested in|interest them|try|reorder
restock|replenish|bundle|together|personalised|personalized|tailored|win back with|win them back with|for them
"""
_ZH_HINTS = """
推|给什么|优惠什么|什么商品|哪些商品|什么产品|感兴趣|喜欢|偏好|试试|回购|补货|一起|组合|个性化|专属|挽回|送什么
"""


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word for line in text.split("\n") for word in line.split("|") if word)


ASKS = Words(en=_listed(_EN_ASKS), zh=_listed(_ZH_ASKS))
HINTS = Words(en=_listed(_EN_HINTS), zh=_listed(_ZH_HINTS))
_WITH_EN = """
goes with|go with|goes well with|go well with|goes together|pairs with|pairs well with|pair with|bought together
bought along with|bought alongside|bought with|buy together|buy along with|buy alongside|customers who bought
customers who buy|people who bought|people who buy|shoppers who bought|shoppers who buy|households that buy
households who buy|also buy|also bought|bundle|bundle with|put next to|cross-sell with|cross sell with
cross-sell|cross sell|cross-selling|next to it|stand next to|beside it
what else lands|else lands in|else goes in|end up with|same basket|same cart|same trolley|in their cart
in the basket with|buying|along with|alongside|accompany|complement
"""
_WITH_ZH = """
搭配|搭售|捆绑|一起买|一块买|一起购买|一同购买|同时购买|同时买|经常一起|常一起|还会买|还买|也会买|也买|关联|连带|组合
的人还|的人也|放在一起|摆在一起|配什么|买了还|交叉销售|旁边|一起卖|一块卖|顺带|顺手|还有啥|还拿|还会拿|同一个篮子|同一单|同一个购物篮|搭着|配着
"""
_REORDER_EN = """
reorder|re-order|reorders|due for|due to buy|buy again|again|running out|run out|running low|restock|replenish
repurchase|remind|reminder|usual items|their usuals|regularly buy|stock up
"""
_REORDER_ZH = "复购|回购|再买|再次购买|补货|快用完|快吃完|用完|该补|提醒|常买"
_NEW_EN = """
new|something new|never bought|not bought before|haven't bought|hasn't bought|have not bought|has not bought
never tried|never purchased|never had|yet to try|not yet bought|discover|discovery|try|different from
doesn't buy yet|don't buy yet|haven't tried|hasn't tried
"""
_NEW_ZH = "新的|新品|没买|没有买过|从没在|从未在|没买过|从未买过|从没买过|未购买过|没试过|未尝试|尝鲜|尝试|新鲜"
_POPULAR_EN = (
    "popular|bestsellers to recommend|best-selling|best selling|bestselling|crowd-pleasers|crowd pleasers|most popular"
    "|everyone|everybody|anyone|any customer|a new customer|new customers"
    "|brand-new customer|first-time visitors|first-time customers|first-time buyers|know nothing about|strangers"
)
_POPULAR_ZH = (
    "热门|受欢迎|最受欢迎|抢手|畅销|热销|热卖|卖得好|卖得最好|爱买的|大众|所有人|任何人|新顾客|新客户|新用户|新会员"
    "|爆款|第一次来|头一次来|首次来|一无所知|不了解的"
)
CHOICES: Mapping[str, Mapping[str, Words]] = {
    "goal": {
        "with_product": Words(en=_listed(_WITH_EN), zh=_listed(_WITH_ZH)),
        "reorder": Words(en=_listed(_REORDER_EN), zh=_listed(_REORDER_ZH)),
        "new": Words(en=_listed(_NEW_EN), zh=_listed(_NEW_ZH)),
        "popular": Words(en=_listed(_POPULAR_EN), zh=_listed(_POPULAR_ZH)),
    }
}
