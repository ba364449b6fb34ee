"""Territory codes: ISO 3166-1 alpha-2, and ``WORLD`` for everywhere."""

from __future__ import annotations

from collections.abc import Iterable

from governance.errors import RequestError

WORLD = "WORLD"
# ISO 3166-1 alpha-2, officially assigned codes.
ISO_3166_1 = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """.split()  # noqa: SIM905 -- as text it stays readable
)


def territories(codes: Iterable[str]) -> tuple[str, ...]:
    """The codes, upper-cased, sorted, once each. Raises RequestError ``territory.unknown`` or ``territory.none``."""
    wanted = sorted({code.strip().upper() for code in codes if code.strip()})
    if not wanted:
        raise RequestError(
            "No territory given; expected at least one.",
            how_to_fix="Name countries by their two letters (DE, AT, CH), or WORLD.",
            code="territory.none",
        )
    unknown = [code for code in wanted if code != WORLD and code not in ISO_3166_1]
    if unknown:
        raise RequestError(
            f"Unknown territory: {', '.join(unknown)}; expected ISO 3166-1 codes such as DE, or WORLD.",
            how_to_fix="The United Kingdom is GB; name the countries of the EU one by one; for everywhere write WORLD.",
            code="territory.unknown",
        )
    return (WORLD,) if WORLD in wanted else tuple(wanted)
