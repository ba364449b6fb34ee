"""What would unblock the work, worked out from where the grants stop, in the order a producer would try
it."""

from __future__ import annotations

from collections.abc import Iterable

from governance.licensing.catalogue_words import HostingMode
from governance.licensing.terms import Action, LeftOperand
from governance.policy.decision import Cure, CureKind, Outcome, Stop, Tri
from governance.policy.entitled import HOSTED, names_model
from governance.policy.facts import Facts
from governance.policy.facts_route import RouteFacts
from governance.policy.grants import Grant, GrantKind
from governance.policy.phrases import listed, provider_name, word, words
from governance.policy.use import UseAssessment
from governance.policy.weighed import Weighed
from governance.policy.words import Stage

_MOST_STOPS = 2
_VERIFY = (
    "Licence admin records the document; a second person verifies it. Held work then runs by itself; refused work is"
    " submitted again."
)


def entitlement_cures(entry: Weighed, facts: Facts) -> tuple[Cure, ...]:
    """Steps that would make one purchased right cover the work; none when it misses by too much to be the
    way."""
    stops = entry.report.stops
    if not stops or len({stop.left for stop in stops}) > _MOST_STOPS:
        return ()
    if entry.grant.scope is not None and not names_model(entry.grant.scope, facts.route):
        return ()
    return tuple(cure for stop in stops for cure in _stop_cures(entry.grant, stop, facts))


def _stop_cures(grant: Grant, stop: Stop, facts: Facts) -> Iterable[Cure]:
    if stop.code == "ENT-001":
        yield Cure(CureKind.FIX_ENTITLEMENT, f"Renew {grant.ref}", _VERIFY)
    elif stop.code == "ENT-006":
        title = f"Have {grant.ref} verified by a second person"
        yield Cure(CureKind.FIX_ENTITLEMENT, title, "Once its document is checked, held work runs by itself.")
    elif stop.code == "ENT-003":
        title = f"Raise the quota of {grant.ref}, or wait for its next period"
        yield Cure(CureKind.FIX_ENTITLEMENT, title, f"{stop.got[0].upper()}{stop.got[1:]}.")
    elif stop.code == "ENT-007":
        title = f"Agree with the licensor that outputs outlive {grant.ref}, or renew it"
        yield Cure(CureKind.FIX_ENTITLEMENT, title, _VERIFY)
    elif stop.code == "ENT-002":
        yield from _scope_cures(grant, stop, facts)
    elif stop.left == Action.DISTRIBUTE_WEIGHTS:
        title = f"Agree with the licensor that {grant.ref} includes distributing the weights"
        yield Cure(CureKind.FIX_ENTITLEMENT, title, _VERIFY)


def _scope_cures(grant: Grant, stop: Stop, facts: Facts) -> Iterable[Cure]:
    if stop.left == LeftOperand.PROVIDER or stop.left == LeftOperand.HOSTING_MODE:
        yield from _provider_cures(grant, facts)
        return
    label = {LeftOperand.TERRITORY.value: "", LeftOperand.END_CLIENT.value: "the client "}.get(stop.left, "")
    unknown = stop.result is Tri.UNKNOWN
    if not unknown:
        yield Cure(CureKind.FIX_ENTITLEMENT, f"Extend {grant.ref} to {label}{stop.got}", _VERIFY)
    if stop.left == LeftOperand.TERRITORY:
        verb = "State that the target is limited to" if unknown else "Narrow the target to"
        yield Cure(CureKind.CHANGE_TARGET, f"{verb} {stop.required}", f"{grant.ref} then covers it.")
    elif stop.left in (LeftOperand.TARGET_KIND, LeftOperand.CHANNEL):
        title = f"Use the outputs only for {stop.required}"
        yield Cure(CureKind.CHANGE_TARGET, title, f"{grant.ref} then covers it.")


def _provider_cures(grant: Grant, facts: Facts) -> Iterable[Cure]:
    scope = grant.scope
    if scope is None:
        return
    if scope.providers:
        names = listed((f"{provider_name(name)}'s API" for name in scope.providers), "or")
        yield Cure(CureKind.OTHER_ROUTE, f"Route through {names}", f"{grant.ref} then covers it.")
    elif scope.hosting_modes:
        yield Cure(CureKind.OTHER_ROUTE, f"Run it on {words(scope.hosting_modes)}", f"{grant.ref} covers that.")
    if facts.route.hosting_mode in HOSTED and facts.route.provider:
        yield Cure(CureKind.BUY_LICENSE, f"Take out a subscription at {provider_name(facts.route.provider)}", _VERIFY)


def purchase_cures(facts: Facts, grants: Iterable[Grant], reserved: bool) -> tuple[Cure, ...]:
    """Rights that can be bought for the model of the route.

    ``reserved``: the public licence keeps commercial use back, so whoever licensed it can sell what is missing, even
    where the catalogue knows no price list.
    """
    held = {grant.kind for grant in grants if grant.scope and names_model(grant.scope, facts.route)}
    self_run = facts.route.hosting_mode not in HOSTED
    sellers = [offer.provider for offer in facts.route.offers if offer.kind in _SELF_HOST_OFFERS and offer.provider]
    cures = []
    if GrantKind.SELF_HOST not in held and self_run and (sellers or reserved):
        cures.append(_self_host_cure(facts.route, sellers))
    for offer in facts.route.offers:
        if offer.kind not in _SELF_HOST_OFFERS and offer.kind not in {kind.value for kind in held}:
            cures.append(_subscription_cure(offer.provider, facts.route))
    return tuple(cures)


_SELF_HOST_OFFERS = (GrantKind.SELF_HOST.value, HostingMode.WE_SELF_HOST.value, HostingMode.CLIENT_SELF_HOST.value)


def _self_host_cure(route: RouteFacts, sellers: list[str]) -> Cure:
    seller = listed(dict.fromkeys(provider_name(name) for name in sellers), "or") or "its licensor"
    title = f"Buy a self-host licence for {route.title} from {seller}"
    return Cure(CureKind.BUY_LICENSE, title, f"It has to name {route.title}. {_VERIFY}")


def _subscription_cure(provider: str, route: RouteFacts) -> Cure:
    name = provider_name(provider)
    if provider == route.provider:
        return Cure(CureKind.BUY_LICENSE, f"Take out a subscription at {name}", _VERIFY)
    consequence = "The pictures go to the provider; the subscription is recorded as an entitlement."
    return Cure(CureKind.OTHER_ROUTE, f"Take a hosted route with a subscription: {name}", consequence)


def alternative_cures(facts: Facts) -> tuple[Cure, ...]:
    """Other routes that the caller already evaluated for this target and that would pass."""
    passing = [
        entry for entry in facts.route.alternatives if entry.outcome in (Outcome.PERMIT.value, Outcome.DUTIES.value)
    ]
    return tuple(
        _alternative(entry.model, entry.title, entry.hosting_mode, entry.reason, facts.route, entry.outcome)
        for entry in passing
    )


def _alternative(model: str, title: str, mode: HostingMode, reason: str, route: RouteFacts, outcome: str) -> Cure:
    duties = ", with duties" if outcome == Outcome.DUTIES.value else ""
    consequence = f"It would be allowed for this target{duties}. {reason}".strip()
    if model == route.model:
        return Cure(CureKind.OTHER_ROUTE, f"Take the route {title} ({word(mode)})", consequence)
    return Cure(CureKind.OTHER_MODEL, f"Use another model that would pass: {title}", consequence)


def determination_cures(use: UseAssessment, facts: Facts) -> tuple[Cure, ...]:
    """A use determination, where one could honestly change the answer: not for work that is billed or earns
    money."""
    if not use.rebuttable or facts.stage is Stage.DISPATCH:
        return ()
    consequence = "Only if the use really is non-commercial. It binds to today's facts and lapses when they change."
    return (Cure(CureKind.RECORD_FACT, "Ask legal to determine the use, with reasons and signature", consequence),)


def waiver_cure(title: str) -> Cure:
    """For rules of the organisation's own making."""
    consequence = "It needs a reason, an end date and approval by another person, and stays visible in the record."
    return Cure(CureKind.REQUEST_WAIVER, f"Ask legal for a waiver of “{title}”", consequence)


def merged(cures: Iterable[Cure]) -> tuple[Cure, ...]:
    """Each step once, in the order of the kinds; ties keep the order in which the findings named them."""
    order = list(CureKind)
    unique = {cure.title: cure for cure in reversed(list(cures))}
    return tuple(sorted(unique.values(), key=lambda cure: (order.index(cure.kind), cure.title)))
