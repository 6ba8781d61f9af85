"""What the handbook says: the paragraph's own words with their place, or that it does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from db.semantic.schema import Text, Words
from tools.arguments import Arguments
from tools.evidence import Evidence
from tools.registry import Tool, ToolContext, ToolResult

if TYPE_CHECKING:
    from models.retrieval import Found, Search

NAME = "search_knowledge"
MAX_QUESTION = 2_000
SHOWN = 10  # passages at most


class KnowledgeArguments(Arguments):
    """A question for the handbook. ``limit``: paragraphs that the table shows."""

    text: str = Field(min_length=1, max_length=MAX_QUESTION)
    limit: int = Field(3, ge=1, le=SHOWN)


def run(arguments: KnowledgeArguments, context: ToolContext) -> ToolResult:
    """Search the operator's handbook, or the example that ships.

    Raises:
        KnowledgeError: a file of the handbook cannot be read; the sentence names it.
    """
    from models.retrieval import open_handbook
    from tools.knowledge_facts import columns, facts_of, rows_of

    handbook = open_handbook(context.handbook, context.models, lambda done: context.progress("handbook", done))
    search = handbook.search(arguments.text, arguments.limit)
    evidence = Evidence(
        id=context.evidence_id,
        tool=NAME,
        args=arguments.model_dump(),
        title=Text(en="Paragraphs of the handbook", zh="手册段落"),
        columns=columns(),
        rows=rows_of(search),
        method=_method(len(handbook.passages), search),
    )
    return ToolResult(evidence, facts_of(search, handbook, evidence.id, example=context.handbook is None))


def _method(count: int, search: Search) -> str:
    best: Found | None = search.found[0] if search.found else None
    nearest = f"; nearest: cosine {best.cosine:.3f}, words held {best.holds:.0%}" if best else ""
    return (
        f"Search of {count} paragraphs by multilingual-e5-small embeddings and by words; "
        f"confidence that the first answers {search.confidence:.2f}{nearest}"
    )


_ASKS = Words(
    en=(
        "policy on", "policy for", "policy about", "our policy", "the policy", "company policy", "store policy",
        "return policy", "returns policy", "refund policy", "delivery policy", "shipping policy", "privacy policy",
        "coupon policy", "exchange policy", "cancellation policy", "policies", "handbook", "manual say",
        "employee manual", "staff manual", "rulebook", "guidelines", "guideline", "house rules", "our rules",
        "the rules", "what are the rules", "rule on", "rule about", "rule for", "how do we handle",
        "how should we handle", "how should i handle", "how do i handle", "how do we deal with",
        "how should we deal with", "how to handle", "what do we do when", "what do we do if", "what should i do if",
        "what should i do when", "what should we do if", "what should we do when", "are customers allowed",
        "is a customer allowed", "are we allowed", "am i allowed", "is it allowed", "are staff allowed",
        "are employees allowed", "allowed to return", "can customers return", "can a customer return",
        "can someone return", "can they return", "can customers exchange", "can customers get a refund",
        "can a customer get a refund", "entitled to", "eligible for a refund", "how long do customers have",
        "how long does a customer have", "how many days do customers have", "return window", "return deadline",
        "time limit for returns", "how long does a refund take", "how long do refunds take", "how long do we keep",
        "do we ship to", "do we deliver to", "do we deliver on", "do we price match", "price match", "do we accept",
        "do we charge for", "is there a fee", "who approves", "who has to approve", "who must approve",
        "who may approve", "need approval", "standard procedure", "what is the procedure", "what's the procedure",
        "what is the process for", "what's the process for", "according to the handbook", "terms and conditions",
    ),
    zh=(
        "政策", "规定", "手册", "规章", "规章制度", "制度", "守则", "条款", "怎么处理退货", "怎么处理", "如何处理",
        "该怎么处理", "怎么办理", "能不能退", "能退吗", "可以退吗", "可不可以退", "能退货吗", "还能退吗", "能不能换",
        "能换吗", "可以换吗", "能换货吗", "退货期限", "退货期", "退货时限", "多久可以退", "多久能退", "几天内可以退",
        "几天内能退", "多少天内可以退", "退货流程", "退款流程", "换货流程", "流程是什么", "退款多久到账",
        "退款几天到账", "多久到账", "几天到账", "是否允许", "允不允许", "允许吗", "允许客户", "允许顾客", "按规定",
        "有没有规定", "能不能用券", "券能叠加", "能叠加", "可以叠加", "要不要收费", "收不收费", "要收费吗",
        "要收钱吗", "包邮吗", "满多少包邮", "满多少免运费", "配送范围", "能送到", "能寄到", "周末送货吗", "谁批准",
        "谁审批", "要谁批", "需要谁批", "谁来批", "要不要审批", "保存多久", "保留多久", "保存几年", "积分怎么算",
        "积分规则", "积分多久过期", "过期了还能用", "注意事项", "怎么赔", "怎么补偿", "有什么补偿", "须知",
    ),
)  # fmt: skip
_HINTS = Words(
    en=(
        "what happens if", "what happens when", "allowed", "permitted", "may customers", "can customers",
        "can a customer", "do we offer", "do we have to", "procedure", "process", "rules", "rule", "policy",
        "deadline", "receipt", "warranty", "points expire", "loyalty points", "unsubscribe", "personal data",
        "chargeback",
    ),
    zh=(
        "怎么办", "允许", "流程", "规则", "期限", "小票", "保修", "隐私", "个人信息", "退订", "拒付", "过期",
    ),
)  # fmt: skip

TOOL = Tool(
    name=NAME,
    when="what the handbook says: policies and how-to (returns, refunds, delivery, coupons, membership, privacy)",
    arguments=KnowledgeArguments,
    run=run,
    asks=_ASKS,
    hints=_HINTS,
)
