"""Which actions a piece of work asks for, read off its target and its route."""

from __future__ import annotations

from dataclasses import dataclass

from governance.licensing.catalogue_words import HostingMode
from governance.licensing.terms import Action
from governance.policy.facts import Facts
from governance.policy.use import UseAssessment
from governance.policy.words import OutputDistribution, TargetKind, UseClass, WeightsDistribution


@dataclass(frozen=True, slots=True)
class Request:
    """An action asked for. ``certain`` is false when a fact that would tell is unknown: such an action can
    put work under review but can neither refuse it nor be overlooked."""

    action: Action
    certain: bool = True


def requested_actions(facts: Facts, use: UseAssessment) -> tuple[Request, ...]:
    """The actions in the vocabulary's order, each once.

    A release asks for the outputs only: the model ran earlier, under the decision of that time.
    """
    wanted: dict[Action, bool] = dict.fromkeys(facts.further_actions, True)
    if not facts.releasing:
        wanted[Action.RUN_INFERENCE] = True
    internal = facts.target.output_distribution is OutputDistribution.INTERNAL
    wanted[Action.USE_OUTPUT_INTERNALLY if internal else Action.DISTRIBUTE_OUTPUT] = True
    if use.use_class is not UseClass.NON_COMMERCIAL:
        wanted[Action.USE_OUTPUT_COMMERCIALLY] = use.use_class is UseClass.COMMERCIAL
    if facts.target.kind is TargetKind.SAAS_FEATURE:
        wanted[Action.OFFER_AS_SERVICE] = True
    if facts.target.kind is TargetKind.DATASET_PUBLICATION:
        wanted[Action.TRAIN_ON_OUTPUT] = True
    public = facts.target.output_distribution is OutputDistribution.PUBLIC
    if facts.target.kind is TargetKind.RESEARCH_BENCHMARK and public:
        wanted[Action.BENCHMARK_PUBLISH] = True
    if _ships_weights(facts):
        wanted[Action.DISTRIBUTE_WEIGHTS] = True
    return tuple(Request(action, wanted[action]) for action in Action if action in wanted)


def _ships_weights(facts: Facts) -> bool:
    # A model that runs on the device has been handed to whoever holds the device, whatever the form says.
    on_device = HostingMode.ON_DEVICE in (facts.route.hosting_mode, facts.target.hosting_mode)
    return on_device or facts.target.weights_distribution is not WeightsDistribution.NONE
