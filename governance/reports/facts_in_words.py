"""The facts of a decision as a reader would write them down: grouped, labelled, complete."""

from __future__ import annotations

from dataclasses import dataclass

from governance.policy.facts import ArtefactFacts, Determination, Facts, LineageFacts, RouteFacts, TargetFacts
from governance.policy.phrases import count_of, day, word, words

_ANSWER = {"yes": "yes", "no": "no", "unknown": "not known"}


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class FactGroup:
    title: str
    rows: tuple[Fact, ...]


def facts_in_words(facts: Facts) -> tuple[FactGroup, ...]:
    """The groups in the order a decision rests on them. Empty groups are left out."""
    groups = (
        FactGroup("Target", _target(facts.target)),
        FactGroup("Route", _route(facts.route)),
        *(FactGroup(f"Licences declared: {artefact.title}", _artefact(artefact)) for artefact in facts.artefacts),
        FactGroup("Training data", _lineage(facts.lineage)),
        FactGroup("Pictures", _pictures(facts)),
        FactGroup("Output", _output(facts)),
        FactGroup("Our policy", _policy(facts)),
    )
    return tuple(group for group in groups if group.rows)


def facts_changed(before: Facts, after: Facts) -> tuple[str, ...]:
    """Each fact that reads otherwise than before; the pictures asked about are expected to differ."""
    old, new = _by_name(before), _by_name(after)
    return tuple(
        f"{name}: {new.get(name, 'no longer stated')}; before: {old.get(name, 'not stated')}."
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    )


def _by_name(facts: Facts) -> dict[str, str]:
    found: dict[str, str] = {}
    for group in facts_in_words(facts):
        for row in group.rows if group.title not in ("Pictures", "Output") else ():
            name = f"{group.title}, {row.label[0].lower()}{row.label[1:]}"
            found[name] = f"{found[name]}; {row.value}" if name in found else row.value
    return found


def _target(target: TargetFacts) -> tuple[Fact, ...]:
    signed = target.determination
    return (
        Fact("Reference", f"{target.target_ref}, {target.project_ref}, {target.client_ref}"),
        Fact("Kind", word(target.kind)),
        Fact("Channel", target.channel or "not stated"),
        Fact("Earns money", _ANSWER[target.monetised]),
        Fact("Billed to the client", _ANSWER[target.billable]),
        Fact("Inside a for-profit organisation", _ANSWER[target.for_profit_internal]),
        Fact("Territory", words(target.territories)),
        Fact("Outputs go to", word(target.output_distribution)),
        Fact("Weights go to", word(target.weights_distribution)),
        Fact("In use until", day(target.valid_until) if target.valid_until else "no end stated"),
        Fact("Use determination", _determination(signed) if signed else "none"),
    )


def _determination(signed: Determination) -> str:
    by = f"signed by {word(signed.signed_by_role)} on {day(signed.at)}"
    return f"{signed.ref}: {word(signed.result)}, {by}"


def _route(route: RouteFacts) -> tuple[Fact, ...]:
    loaded = (Fact("Weights loaded, SHA-256", route.loaded_sha256),) if route.loaded_sha256 else ()
    return (
        Fact("Model", f"{route.title} (version {route.version})"),
        Fact("Where it runs", word(route.hosting_mode)),
        *((Fact("Provider", route.provider),) if route.provider else ()),
        Fact("Weights, SHA-256", route.weights_sha256 or "none on record"),
        Fact("Weights in our store", "yes" if route.weights_present else "no"),
        *loaded,
    )


def _artefact(artefact: ArtefactFacts) -> tuple[Fact, ...]:
    rows = []
    for entry in artefact.declarations:
        dated = day(entry.dated) if entry.dated else "undated"
        note = f" {entry.note}" if entry.note else ""
        rows.append(Fact(entry.expression, f"{word(entry.rank)}, {dated}, {word(entry.status)}. {entry.source}{note}"))
    if not rows:
        rows.append(Fact("Declared", "nothing; an unknown licence permits nothing"))
    if artefact.resolution is not None:
        rows.append(Fact("Resolution", word(artefact.resolution)))
    return tuple(rows)


def _lineage(lineage: LineageFacts) -> tuple[Fact, ...]:
    uses = tuple(
        Fact(
            use.dataset,
            f"{word(use.role)}; terms: {word(use.terms)}; evidence: {word(use.evidence)}"
            + (f". {use.source}" if use.source else ""),
        )
        for use in lineage.uses
    )
    return uses + tuple(Fact("Contradicted", text) for text in lineage.contradictions)


def _pictures(facts: Facts) -> tuple[Fact, ...]:
    rows = [Fact("Outputs asked for", str(facts.requested_outputs))]
    if facts.inputs:
        named = ", ".join(picture.ref for picture in facts.inputs)
        rows.append(Fact(count_of(len(facts.inputs), "picture"), named))
    for picture in facts.inputs:
        for signal in picture.signals:
            rows.append(Fact(picture.ref, f"{signal.source}: {signal.property} = {signal.value}"))
        if picture.licensed_until:
            rows.append(Fact(picture.ref, f"licensed until {day(picture.licensed_until)}"))
    return tuple(rows)


def _output(facts: Facts) -> tuple[Fact, ...]:
    output = facts.output
    if output is None:
        return ()
    return (
        Fact("Reference", output.ref),
        Fact("Made", day(output.made_at)),
        Fact("Made for", f"{word(output.made_for)} use, target {output.target_ref}"),
        Fact("Made under", ", ".join(output.made_under) or "no grant"),
        Fact("Record verified", _ANSWER[output.record_verified]),
        Fact("Recall open", "yes" if output.recall_open else "no"),
    )


def _policy(facts: Facts) -> tuple[Fact, ...]:
    policy = facts.policy
    demands = [f"{word(demand.target_kind)}: {word(demand.minimum)}" for demand in policy.lineage_demands]
    return (
        Fact("Revision", f"{policy.revision}, {'approved' if policy.approved else 'not approved'}"),
        Fact("Research-only training data", word(policy.research_only_data)),
        Fact("Evidence of training data demanded", "; ".join(demands) or "none"),
    )
