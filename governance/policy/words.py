"""The closed vocabularies of a policy decision's facts."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """The gate that asks. ``redeliver``: an output delivered before goes out again; ``sweep``: what stands is
    looked at again, an output when the facts name one, work not yet done when they do not."""

    PREVIEW = "preview"
    SUBMIT = "submit"
    DISPATCH = "dispatch"
    RELEASE = "release"
    REDELIVER = "redeliver"
    SWEEP = "sweep"


class Severity(StrEnum):
    """What an unmet rule does: refuse, ask a person, or stay visible."""

    BLOCK = "block"
    REVIEW = "review"
    WARN = "warn"

    @property
    def rank(self) -> int:
        """0 for warn up to 2 for block."""
        return _STRICTNESS[self]


_STRICTNESS = {Severity.WARN: 0, Severity.REVIEW: 1, Severity.BLOCK: 2}


class Answer(StrEnum):
    """A yes/no fact that may not be known."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class TargetKind(StrEnum):
    """Where outputs go."""

    ECOMMERCE_LISTING = "ecommerce_listing"
    MARKETING_SITE = "marketing_site"
    PAID_ADS = "paid_ads"
    ORGANIC_SOCIAL = "organic_social"
    PRINT = "print"
    PACKAGING_POS = "packaging_pos"
    BROADCAST_TV = "broadcast_tv"
    OOH = "ooh"
    EMAIL = "email"
    INTERNAL_PRESENTATION = "internal_presentation"
    PITCH_COMP = "pitch_comp"
    EDITORIAL = "editorial"
    RESEARCH_BENCHMARK = "research_benchmark"
    CLIENT_HANDOVER_FILES = "client_handover_files"
    SAAS_FEATURE = "saas_feature"
    MOBILE_APP_BUNDLE = "mobile_app_bundle"
    OPEN_SOURCE_RELEASE = "open_source_release"
    DATASET_PUBLICATION = "dataset_publication"
    AIR_GAPPED_INSTALL = "air_gapped_install"


class WeightsDistribution(StrEnum):
    """To whom the weights file itself goes."""

    NONE = "none"
    INTERNAL = "internal"
    TO_CLIENT = "to_client"
    PUBLIC = "public"


class OutputDistribution(StrEnum):
    """To whom the outputs go."""

    INTERNAL = "internal"
    CLIENT = "client"
    PUBLIC = "public"


class UseClass(StrEnum):
    """The class of a use. ``undetermined`` is the honest third value."""

    COMMERCIAL = "commercial"
    NON_COMMERCIAL = "non_commercial"
    UNDETERMINED = "undetermined"


class ArtefactRole(StrEnum):
    """What part of the run the artefact is; each part needs its own right."""

    WEIGHTS = "weights"
    BACKBONE = "backbone"
    CODE = "code"


class ResearchDataPolicy(StrEnum):
    """What the organisation does about models trained on research-only data."""

    REVIEW = "review"
    BLOCK = "block"
    ALLOW = "allow"


class Content(StrEnum):
    """What the pictures show, as far as it bears on whether a segmentation model is the right tool."""

    HAIR = "hair"
    GLASS = "glass"
    SMOKE = "smoke"
    MEDICAL = "medical"
    SATELLITE = "satellite"
    REAL_TIME_VIDEO = "real_time_video"
