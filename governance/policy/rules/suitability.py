"""SUIT: is this kind of tool the right one? Guidance, and nobody else's right: our own policy makes of it what it
likes."""

from __future__ import annotations

from collections.abc import Iterable

from governance.licensing.catalogue_words import HostingMode
from governance.policy.cures import waiver_cure
from governance.policy.decision import Cure, CureKind, Layer, Tri
from governance.policy.entitled import HOSTED
from governance.policy.phrases import listed, word
from governance.policy.rule import Check, Observation, Rule, Weighing
from governance.policy.words import Content, Severity, TargetKind

_SUIT_TITLE = "The route runs where the target demands"
_VIDEO_TITLE = "The pictures are stills, not live video"
_DOMAIN_TITLE = "The pictures are of the kind the model was trained on"
_MATTING_TITLE = "A hard edge is what the pictures need"
_INTENDED = "Organisation policy: intended use of segmentation models"


def route_suits(weighing: Weighing) -> Iterable[Observation]:
    """SUIT-001. Some targets say where the model must run."""
    facts = weighing.case.facts
    mode = facts.route.hosting_mode
    demanded = facts.target.hosting_mode
    sealed = facts.target.kind is TargetKind.AIR_GAPPED_INSTALL and mode in HOSTED
    elsewhere = demanded in (HostingMode.CLIENT_SELF_HOST, HostingMode.ON_DEVICE) and mode is not demanded
    unsuited = sealed or elsewhere
    wanted = word(demanded) if demanded and not sealed else "machines without a network" if sealed else "anywhere"
    yield Observation(
        result=Tri.UNSATISFIED if unsuited else Tri.SATISFIED,
        subject=facts.target.target_ref,
        got=f"The route runs on {word(mode)}.",
        required=f"Running on {wanted}.",
        message=f"The target demands {wanted}; this route runs on {word(mode)}."
        if unsuited
        else "The route runs where the target allows it.",
        cures=(Cure(CureKind.OTHER_ROUTE, f"Take a route that runs on {wanted}", ""), waiver_cure(_SUIT_TITLE))
        if unsuited
        else (),
    )


def _content(shown: tuple[Content, ...], title: str, why: str, instead: str) -> Check:
    def check(weighing: Weighing) -> Iterable[Observation]:
        facts = weighing.case.facts
        if not facts.content:
            return
        found = [word(entry) for entry in shown if entry in facts.content]
        other = Cure(CureKind.OTHER_MODEL, instead, "It is recorded and judged as any other model.")
        yield Observation(
            result=Tri.UNSATISFIED if found else Tri.SATISFIED,
            subject=facts.target.target_ref,
            got=f"The pictures show {listed(word(entry) for entry in facts.content)}.",
            required=f"{title}.",
            message=f"{facts.route.title} is to work on {listed(found)}: {why}" if found else f"{title}.",
            cures=(other, waiver_cure(title)) if found else (),
        )

    return check


RULES = (
    Rule(
        "SUIT-001", _SUIT_TITLE, Layer.ORG_POLICY, Severity.REVIEW,
        "Take a route that runs where the target demands.", route_suits, waivable=True,
        legal_reference="Organisation policy: where a target lets models run",
    ),
    Rule(
        "SUIT-002", _VIDEO_TITLE, Layer.ORG_POLICY, Severity.REVIEW,
        "Use a model made for live video.",
        _content(
            (Content.REAL_TIME_VIDEO,), _VIDEO_TITLE,
            "it takes pictures one by one, slower than frames come and without regard to the ones before.",
            "Use a model made for live video",
        ),
        waivable=True, legal_reference=_INTENDED,
    ),
    Rule(
        "SUIT-003", _DOMAIN_TITLE, Layer.ORG_POLICY, Severity.REVIEW,
        "Use a model trained for these pictures, and have somebody who can judge look at every result.",
        _content(
            (Content.MEDICAL, Content.SATELLITE), _DOMAIN_TITLE,
            "it was not trained for them, and nobody has measured what it does here.",
            "Use a model trained for these pictures",
        ),
        waivable=True, legal_reference=_INTENDED,
    ),
    Rule(
        "SUIT-004", _MATTING_TITLE, Layer.ORG_POLICY, Severity.WARN,
        "Look at the edges before release, or use a matting model.",
        _content(
            (Content.HAIR, Content.GLASS, Content.SMOKE), _MATTING_TITLE,
            "it decides between subject and background and does not estimate what shines through.",
            "Use a matting model",
        ),
        waivable=True, legal_reference=_INTENDED,
    ),
)  # fmt: skip
