"""The vocabulary of rights: actions, constraints, terms and our dated reading of a licence.

Names follow ODRL 2.2 (Permission, Prohibition, Duty, Constraint with leftOperand / operator / rightOperand),
so an encoding can be exported as ODRL without renaming. The vocabularies are closed: a word that is not here
is refused, because an action nobody defined is an action nobody can be refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from governance.licensing.jsonread import often_read
from governance.licensing.jsontext import Remembering


class Action(StrEnum):
    """What somebody wants to do. Comments give the ODRL action each one narrows."""

    RUN_INFERENCE = "run_inference"  # odrl:use
    OFFER_AS_SERVICE = "offer_as_service"  # odrl:grantUse
    DISTRIBUTE_WEIGHTS = "distribute_weights"  # odrl:distribute
    MODIFY_WEIGHTS = "modify_weights"  # odrl:derive
    FINE_TUNE = "fine_tune"  # odrl:derive
    USE_OUTPUT_INTERNALLY = "use_output_internally"  # odrl:use
    USE_OUTPUT_COMMERCIALLY = "use_output_commercially"  # cc:CommercialUse
    DISTRIBUTE_OUTPUT = "distribute_output"  # odrl:distribute
    TRAIN_ON_OUTPUT = "train_on_output"  # odrl:derive
    BENCHMARK_PUBLISH = "benchmark_publish"  # odrl:present


class TermKind(StrEnum):
    """The three kinds of rule ODRL knows."""

    PERMISSION = "permission"
    PROHIBITION = "prohibition"
    DUTY = "duty"


class DutyKind(StrEnum):
    """What a duty asks for."""

    ATTRIBUTE = "attribute"
    INCLUDE_NOTICE = "include_notice"
    SHARE_ALIKE = "share_alike"
    REPORT_USAGE = "report_usage"
    PAY = "pay"
    DISCLOSE_AI = "disclose_ai"
    DELETE_WEIGHTS_ON_EXPIRY = "delete_weights_on_expiry"
    DELETE_OUTPUTS_ON_EXPIRY = "delete_outputs_on_expiry"
    KEEP_RECORDS = "keep_records"
    ALLOW_AUDIT = "allow_audit"
    PASS_THROUGH_TERMS = "pass_through_terms"  # noqa: S105 -- the name of a duty, not a secret
    OBTAIN_CONSENT = "obtain_consent"


class LeftOperand(StrEnum):
    """The facts a constraint may speak about."""

    USE_CLASS = "use_class"
    TARGET_KIND = "target_kind"
    CHANNEL = "channel"
    TERRITORY = "territory"
    DATE = "date"
    HOSTING_MODE = "hosting_mode"
    PROVIDER = "provider"
    END_CLIENT = "end_client"
    PROJECT = "project"
    MODEL = "model"
    PRODUCT_VERSION = "product_version"
    WEIGHTS_SHA256 = "weights_sha256"
    WEIGHTS_DISTRIBUTION = "weights_distribution"
    OUTPUT_DISTRIBUTION = "output_distribution"
    OUTPUT_COUNT = "output_count"


class Operator(StrEnum):
    """ODRL's comparison operators; ``isPartOf`` asks that every value found lies inside the right operand."""

    EQ = "eq"
    NEQ = "neq"
    LT = "lt"
    LTEQ = "lteq"
    GT = "gt"
    GTEQ = "gteq"
    IS_ANY_OF = "isAnyOf"
    IS_NONE_OF = "isNoneOf"
    IS_ALL_OF = "isAllOf"
    IS_PART_OF = "isPartOf"


RightOperand = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constraint:
    """One condition on a term, such as ``use_class eq non_commercial``."""

    left_operand: LeftOperand
    operator: Operator
    right_operand: RightOperand


@dataclass(frozen=True, slots=True)
class Term:
    """One permission, prohibition or duty of a licence or contract.

    ``clause_ref`` is the place in the text ("Section 2(a)(1)"); ``quote`` a few words of it, verbatim;
    ``paraphrase`` our plain reading. A duty arises when its ``action`` is requested and its constraints are
    not known to fail.
    """

    kind: TermKind
    action: Action
    clause_ref: str
    paraphrase: str
    constraints: tuple[Constraint, ...] = ()
    quote: str = ""
    duty: DutyKind | None = None


@often_read
@dataclass(frozen=True, slots=True)
class Encoding(Remembering):
    """Our dated reading of one licence text: an interpretation with authors, never the licence itself.

    ``license_id`` is an SPDX identifier or ``LicenseRef-…``; ``text_sha256`` the digest of the bytes that
    were read, if they are kept; ``encoded_by`` and ``approved_by`` are roles. A new reading is a new
    ``revision``.
    """

    license_id: str
    title: str
    revision: int
    encoded_on: date
    encoded_by: str
    approved_by: str
    reading: str
    terms: tuple[Term, ...]
    source: str = ""
    text_sha256: str | None = None
    open_questions: tuple[str, ...] = ()
