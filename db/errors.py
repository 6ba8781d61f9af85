"""The one error tree.

ShopOpsError
├── UsageError                the call itself is wrong (exit 2)
│   ├── QuestionError         empty, too long, control characters
│   ├── SettingsError         a setting that cannot be used
│   ├── AsOfError             an as-of date outside the data
│   └── ProposalError         no such proposal, or one that was decided or has expired
├── SchemaError               a store YAML that does not hold (file, line, fix)
├── QueryError                a query object the semantic layer refuses
│   ├── UnknownMetric
│   ├── UnknownDimension
│   ├── UnknownMember
│   └── UnknownEntity         a customer, product, order or campaign that the store does not have
├── StoreError                the store file or database cannot be used
│   ├── StoreMissing
│   ├── StoreLocked           (retryable)
│   ├── StoreTimeout          (retryable)
│   ├── StoreDamaged
│   └── RoleMissing           the store has no table for what a tool needs
├── AnalysisError             the data does not carry the analysis: history too short, one class only
├── ArtifactError             a trained model that cannot be used
│   ├── ArtifactMissing       not trained yet
│   ├── ArtifactStale         of other data, or too old
│   └── ArtifactDamaged       truncated, or of another version
├── KnowledgeError            a handbook file that cannot be read
├── ModelError                the language model cannot be used
│   ├── ModelMissing
│   ├── ModelDamaged
│   ├── ModelUnavailable      endpoint down, slow or rate limited (retryable)
│   ├── ModelReplyError       the reply cannot be read
│   └── Cancelled             the operator stopped it
├── SecurityError             refused, and recorded
│   ├── SQLRefused
│   │   └── SQLMistake        unreadable, or an unknown table or column
│   ├── PermissionRefused
│   └── SignInNeeded          nobody is signed in, or the token does not hold
├── DeliveryError             a message that a channel did not take
│   └── DeliveryRefused       it never will: wrong address, wrong secret
└── InternalError             ours to fix

Every error carries a stable ``code``, a sentence safe to show to an operator, and what to do next. The tree lives in
the lowest package because every layer raises from it; ``agent.errors`` is its public name.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Kind = Literal["retryable", "terminal", "security", "usage"]


class ShopOpsError(Exception):
    """An error an operator may see.

    Args:
        message: one sentence, safe to show: no secret, no personal data, no path that is not the operator's own.
        hint: what to do next, one sentence, may be empty.
    """

    code: ClassVar[str] = "failed"
    kind: ClassVar[Kind] = "terminal"
    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(ShopOpsError):
    """The call itself is wrong."""

    code, kind, exit_status = "usage", "usage", 2


class QuestionError(UsageError):
    """A question that cannot be read: empty, too long, or with control characters."""

    code = "question"


class SettingsError(UsageError):
    """A setting that cannot be used."""

    code = "settings"


class AsOfError(UsageError):
    """An as-of date outside the store's data."""

    code = "as_of"


class ProposalError(UsageError):
    """There is no such proposal, or it was decided or has expired."""

    code = "proposal"


class SchemaError(ShopOpsError):
    """A store YAML that does not hold; the message names file, line and the fix."""

    code, exit_status = "schema", 2


class QueryError(ShopOpsError):
    """A query object that the semantic layer refuses."""

    code = "query"


class UnknownMetric(QueryError):
    """A metric that the store does not define."""

    code = "unknown_metric"


class UnknownDimension(QueryError):
    """A dimension that the store does not define."""

    code = "unknown_dimension"


class UnknownMember(QueryError):
    """A value that the dimension does not hold."""

    code = "unknown_member"


class UnknownEntity(QueryError):
    """A customer, product, order or campaign that the store does not have."""

    code = "unknown_entity"


class StoreError(ShopOpsError):
    """The store's file or database cannot be used."""

    code = "store"


class StoreMissing(StoreError):
    """There is no store of that name yet."""

    code = "store_missing"


class StoreLocked(StoreError):
    """Another process holds the store for writing."""

    code, kind = "store_locked", "retryable"


class StoreTimeout(StoreError):
    """A query ran past its limit and was stopped."""

    code, kind = "store_timeout", "retryable"


class StoreDamaged(StoreError):
    """The store's file is not what was loaded."""

    code = "store_damaged"


class RoleMissing(StoreError):
    """The store's YAML declares no table for what a tool needs."""

    code = "role_missing"


class AnalysisError(ShopOpsError):
    """The data does not carry the analysis that was asked for."""

    code = "analysis"


class ArtifactError(ShopOpsError):
    """A trained model cannot be used."""

    code = "artifact"


class ArtifactMissing(ArtifactError):
    """It has not been trained yet."""

    code = "artifact_missing"


class ArtifactStale(ArtifactError):
    """It was trained on other data, or too long ago."""

    code = "artifact_stale"


class ArtifactDamaged(ArtifactError):
    """Its file is truncated, altered, or of another version."""

    code = "artifact_damaged"


class KnowledgeError(ShopOpsError):
    """A handbook file cannot be read."""

    code = "knowledge"


class ModelError(ShopOpsError):
    """The language model cannot be used."""

    code = "model"


class ModelMissing(ModelError):
    """The model's file or settings are not there."""

    code = "model_missing"


class ModelDamaged(ModelError):
    """The model's file is not the published one."""

    code = "model_damaged"


class ModelUnavailable(ModelError):
    """The endpoint is down, slow or rate limited."""

    code, kind = "model_unavailable", "retryable"


class ModelReplyError(ModelError):
    """The model replied with something that cannot be read."""

    code = "model_reply"


class Cancelled(ModelError):
    """The operator stopped it."""

    code = "cancelled"


class SecurityError(ShopOpsError):
    """Refused, and recorded."""

    code, kind = "security", "security"


class SQLRefused(SecurityError):
    """SQL that is not on the allow-list."""

    code = "sql_refused"


class SQLMistake(SQLRefused):
    """SQL that cannot be read, or that names a table or column that does not exist: no attack, and worth one repair."""

    code = "sql_mistake"


class PermissionRefused(SecurityError):
    """Something this operator may not do or see."""

    code = "permission_refused"


class SignInNeeded(SecurityError):
    """Nobody is signed in, or the token does not hold."""

    code = "sign_in"


class DeliveryError(ShopOpsError):
    """A channel did not take a message; it is tried again later, ``retry_after`` seconds from now where it says so."""

    code: ClassVar[str] = "delivery"
    kind: ClassVar[Kind] = "retryable"

    def __init__(self, message: str, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint)
        self.retry_after = retry_after


class DeliveryRefused(DeliveryError):
    """A channel that will never take the message: wrong address, wrong secret, too large."""

    code, kind = "delivery_refused", "terminal"


class InternalError(ShopOpsError):
    """A fault of ours; the operator sees one sentence, the log the rest."""

    code = "internal"
