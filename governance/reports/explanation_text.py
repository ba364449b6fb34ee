"""An explanation as plain text for a terminal: the same structure as the page, in the same order."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from governance.reports.explanation_shapes import Explanation, RuleReasons

WIDTH = 100
_LABEL = 10


def as_text(explained: Explanation) -> str:
    """The explanation in lines of at most ``WIDTH`` characters, ending with a line feed."""
    return "\n".join(_lines(explained)) + "\n"


def _lines(explained: Explanation) -> Iterator[str]:
    yield f"{'Dry run' if explained.number is None else f'Decision {explained.number}'}: {explained.outcome_words}"
    yield (
        f"{_job(explained)}{explained.stage_words.lower()}, {explained.decided_at:%d %b %Y %H:%M} UTC, "
        f"policy revision {explained.policy_revision}, evaluator {explained.evaluator_version}"
    )
    yield f"policy {explained.policy_digest[:12] or 'without digest'}, rule set {explained.rule_set_digest[:12]}"
    yield f"{explained.client}, {explained.project}, {explained.target}"
    yield f"{explained.model}, {explained.use} use"
    if explained.allows or not explained.weighty:
        yield from _wrapped(explained.summary)
    yield from _section(f"Why ({explained.tally})", _concerns(explained.weighty))
    yield from _section("Also on record", (f"{rule.code} {rule.title}" for rule in explained.noted))
    yield from _section("Grants considered", _grants(explained))
    yield from _section("Duties", _duties(explained))
    yield from _section("Holds in force", explained.holds)
    yield from _section("Waivers considered", map(str, explained.waivers))
    yield from _section("What would allow it", _cures(explained))
    yield from _section("Readings cited", explained.encodings)
    yield from _section("Policies that are only tried", _trials(explained))
    yield from _section(f"Changed since decision {explained.previous}", explained.changes)
    if not explained.intact:
        wrong = ", ".join(digest.name.lower() for digest in explained.digests if not digest.matches)
        yield from ("", f"WARNING: the stored text no longer has the digest on record ({wrong}).")


def _job(explained: Explanation) -> str:
    return f"Job {explained.job} " if explained.job else ""


def _concerns(rules: tuple[RuleReasons, ...]) -> Iterator[str]:
    for rule in rules:
        yield f"{rule.code} {rule.title} [{rule.effect.lower()}]"
        for case in rule.cases:
            pairs = (
                ("Found", case.found),
                ("Required", case.required),
                ("Clause", case.clause),
                ("So", case.message),
            )
            yield from (f"  {label:<{_LABEL}}{value}" for label, value in pairs if value)
        if rule.how_to_fix:
            yield f"  {'To fix':<{_LABEL}}{rule.how_to_fix}"


def _grants(explained: Explanation) -> Iterator[str]:
    for grant in explained.grants_that_count:
        name = f"{grant.entitlement} v{grant.version}, {grant.title}" if grant.entitlement else grant.title
        where = f", {grant.stated_in}" if grant.stated_in else ""
        relied = ", relied upon" if grant.relied_upon else ""
        stops = f": {grant.where_it_stops}" if grant.where_it_stops else ""
        yield f"{name}{where} [{grant.result.lower()}{relied}]{stops}"
    if idle := len(explained.grants_without_effect):
        yield f"({idle} more in statements that were replaced or set aside: they weigh nothing)"


def _duties(explained: Explanation) -> Iterator[str]:
    for duty in explained.duties:
        yield f"{duty.text} ({', '.join(part for part in (duty.asked_by, duty.clause) if part)})"


def _trials(explained: Explanation) -> Iterator[str]:
    for trial in explained.trials:
        yield f"Revision {trial.revision} would say: {trial.outcome_words}. {trial.summary}"


def _cures(explained: Explanation) -> Iterator[str]:
    for number, cure in enumerate(explained.cures, start=1):
        yield f"{number}. {cure.title.rstrip('.')}. {cure.consequence}"
    if not explained.allows and explained.holds:
        yield "A hold is lifted by two people; it cannot be waived."
    elif not explained.allows and not explained.waiver_can_help:
        yield "A waiver cannot help here: a third party's prohibition is not ours to waive."


def _section(title: str, entries: Iterable[str]) -> Iterator[str]:
    entries = list(entries)
    if entries:
        yield from ("", title)
        for entry in entries:
            yield from _wrapped(entry, indent=len(entry) - len(entry.lstrip()) + 2)


def _wrapped(text: str, indent: int = 0) -> list[str]:
    hanging = " " * (indent + (_LABEL if indent > 2 else 2))
    return textwrap.wrap(
        text.strip(), WIDTH, initial_indent=" " * indent, subsequent_indent=hanging, break_long_words=False
    )
