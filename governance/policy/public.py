"""Turns licence declarations into grants, through SPDX expressions and our encodings."""

from __future__ import annotations

from collections.abc import Mapping

from governance.licensing.expression import ExpressionRefused, base_license, parse_expression
from governance.licensing.terms import Encoding
from governance.policy.facts_artefact import ArtefactFacts, LicenseDeclaration
from governance.policy.grants import Grant, GrantKind


def public_grants(artefact: ArtefactFacts, encodings: Mapping[str, Encoding]) -> tuple[Grant, ...]:
    """One grant for each alternative of each declaration that our encodings can read.

    ``A OR B`` gives two, ``A AND B`` one with two readings. A declaration that cannot be parsed, or that
    names a licence without an encoding, gives none: rule LIC-001 then says so.
    """
    return tuple(
        grant
        for index, declaration in enumerate(artefact.declarations)
        for grant in _grants_of(artefact, index, declaration, encodings)
    )


def _grants_of(
    artefact: ArtefactFacts, index: int, declaration: LicenseDeclaration, encodings: Mapping[str, Encoding]
) -> list[Grant]:
    try:
        expression = parse_expression(declaration.expression)
    except ExpressionRefused:
        return []
    grants = []
    for alternative in expression.alternatives:
        readings = [encodings.get(name) or encodings.get(base_license(name)) for name in alternative]
        known = tuple(reading for reading in readings if reading is not None)
        if len(known) == len(alternative):
            grants.append(_grant(artefact, index, declaration, known))
    return grants


def _grant(
    artefact: ArtefactFacts, index: int, declaration: LicenseDeclaration, readings: tuple[Encoding, ...]
) -> Grant:
    names = "+".join(reading.license_id for reading in readings)
    return Grant(
        ref=f"public/{artefact.ref}/{index + 1}/{names}",
        kind=GrantKind.PUBLIC_LICENSE,
        title=f"Public licence {' and '.join(reading.title for reading in readings)}",
        readings=readings,
        version=max(reading.revision for reading in readings),
        artefact=artefact.ref,
        declaration=index,
        rank=declaration.rank,
        status=declaration.status,
        source=declaration.source,
    )
