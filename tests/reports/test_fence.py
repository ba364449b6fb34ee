"""The audit of the fence: what is done to it behind the application's back is named, by the application's own role.

The numbers are those of the list of attacks that the ledger must withstand.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import LiteralString

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from pytest_django.plugin import DjangoDbBlocker

from governance.adapters.fence import Difference, Found, Part, Pinned, compare, pinned_as_json, pinned_from_json
from governance.adapters.fence_catalogue import FenceUnreadable, read_fence, unexpected_members
from governance.reports.fence import OWN_AFFAIR, fence_differences, pinned_fence
from tests import dba
from tests.conftest import database_copy

TRIGGER = "clearcut_no_change on governance_decision"
NEXT = "a_first on governance_decision"


@pytest.fixture(scope="module", autouse=True)
def locked(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, str]]:
    with database_copy(django_db_blocker) as database:
        dba.lock(database)
        yield database


def sentences(differences: tuple[Difference, ...]) -> list[str]:
    """Without other test runs' logins: roles belong to the whole server."""
    return [each.sentence for each in differences if each.kind not in OWN_AFFAIR]


def audited(*statements: LiteralString, lock_again: bool = True) -> list[str]:
    """What the application's role finds after a superuser did ``statements``; undone at the end."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        for name in ("clearcut_no_ddl", "clearcut_no_drop"):
            cursor.execute(f"ALTER EVENT TRIGGER {name} DISABLE")
        for statement in statements:
            cursor.execute(statement)
        for name in ("clearcut_no_ddl", "clearcut_no_drop") if lock_again else ():
            cursor.execute(f"ALTER EVENT TRIGGER {name} ENABLE ALWAYS")
        cursor.execute("SET LOCAL ROLE clearcut_app")
        found = compare(read_fence("owner"), pinned_fence())
        transaction.set_rollback(True, using="owner")
    return sentences(found)


def test_the_pinned_list_is_what_the_migrations_make() -> None:
    """After a migration: `manage.py setup && manage.py audit_fence --pin`, and read the diff."""
    assert sentences(fence_differences()) == []


def test_what_is_pinned_is_written_as_it_was_read() -> None:
    assert pinned_from_json(pinned_as_json(pinned_fence())) == pinned_fence()


TAMPERING: dict[str, tuple[tuple[LiteralString, ...], str]] = {
    "11-disabled": (
        ("ALTER TABLE governance_decision DISABLE TRIGGER clearcut_no_change",),
        f"trigger {TRIGGER} is DISABLED, not ALWAYS",
    ),
    "11-not-always": (
        ("ALTER TABLE governance_decision ENABLE TRIGGER clearcut_no_change",),
        f"trigger {TRIGGER} is ORIGIN ONLY, not ALWAYS",
    ),
    "11-dropped": (("DROP TRIGGER clearcut_no_change ON governance_decision",), f"trigger {TRIGGER} is missing"),
    "11-made-again": (
        (
            "DROP TRIGGER clearcut_no_change ON governance_decision",
            "CREATE TRIGGER clearcut_no_change BEFORE UPDATE OR DELETE ON governance_decision FOR EACH ROW"
            " EXECUTE FUNCTION clearcut_refuse_change()",
        ),
        f"trigger {TRIGGER} is ORIGIN ONLY, not ALWAYS",
    ),
    "11-catalog-edited": (
        ("UPDATE pg_trigger SET tgenabled = 'D' WHERE tgname = 'clearcut_no_truncate'",),
        "trigger clearcut_no_truncate on governance_decision is DISABLED, not ALWAYS",
    ),
    "11-triggers-not-looked-for": (
        ("UPDATE pg_class SET relhastriggers = false WHERE relname = 'governance_decision'",),
        "table governance_decision: looks for triggers no, not yes",
    ),
    "11-another-trigger": (
        (
            "CREATE TRIGGER a_first BEFORE UPDATE ON governance_decision FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        ),
        f"trigger {NEXT} is not pinned",
    ),
    "11-foreign-key-unchecked": (
        ("ALTER TABLE governance_output DISABLE TRIGGER ALL",),
        ": checked by DDOO, not OOOO",
    ),
    "11-unique-index-asleep": (
        ("UPDATE pg_index SET indisready = false WHERE indexrelid = 'record_leaf_once'::regclass",),
        "index record_leaf_once on governance_provenancerecord: works no, not yes",
    ),
    "11-rule": (
        ("CREATE RULE quiet AS ON INSERT TO governance_decision DO INSTEAD NOTHING",),
        "rule quiet on governance_decision is not pinned",
    ),
    "11-function-changed": (
        (
            "CREATE OR REPLACE FUNCTION clearcut_refuse_change() RETURNS trigger LANGUAGE plpgsql"
            " SET search_path = pg_catalog AS 'BEGIN RETURN NEW; END'",
        ),
        "function clearcut_refuse_change(): sha256 ",
    ),
    "11-function-elsewhere": (
        ("ALTER FUNCTION clearcut_check_four_eyes() RESET search_path",),
        "function clearcut_check_four_eyes(): settings nothing, not search_path=pg_catalog, public, pg_temp",
    ),
    "11-operator": (
        (
            "CREATE FUNCTION always(varchar, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = always)",
        ),
        "operator public.=(character varying,character varying) is not pinned",
    ),
    "11-row-security": (
        ("ALTER TABLE governance_decision ENABLE ROW LEVEL SECURITY",),
        "table governance_decision: row security yes, not no",
    ),
    "11-child-table": (
        ("CREATE SCHEMA aside", "CREATE TABLE aside.more () INHERITS (governance_decision)"),
        "table governance_decision: inheritance 1, not 0",
    ),
    "15-column-dropped": (
        ("ALTER TABLE governance_provenancerecord DROP COLUMN openings",),
        "column governance_provenancerecord.openings is missing",
    ),
    "15-column-renamed": (
        ("ALTER TABLE governance_provenancerecord RENAME COLUMN leaf TO leaves",),
        "column governance_provenancerecord.leaves is not pinned",
    ),
    "15-type-changed": (
        ("ALTER TABLE governance_provenancerecord ALTER COLUMN openings TYPE varchar(9) USING ''",),
        "column governance_provenancerecord.openings: type character varying(9), not text",
    ),
    "15-constraint-dropped": (
        ("ALTER TABLE governance_provenancerecord DROP CONSTRAINT record_of_output_or_event",),
        "constraint record_of_output_or_event on governance_provenancerecord is missing",
    ),
    "55-granted": (
        ("GRANT DELETE ON governance_decision TO clearcut_app",),
        "rights of clearcut_app on governance_decision: may DELETE, INSERT, SELECT, not INSERT, SELECT",
    ),
    "55-column-granted": (
        ("GRANT UPDATE (outcome) ON governance_decision TO PUBLIC",),
        "rights of PUBLIC on governance_decision.outcome (may: UPDATE) is not pinned",
    ),
    "55-granted-by-default": (
        ("ALTER DEFAULT PRIVILEGES FOR ROLE clearcut_owner GRANT ALL ON TABLES TO PUBLIC",),
        "default rights of clearcut_owner on each r (may: =arw",
    ),
    "55-schema-opened": (
        ("GRANT CREATE ON SCHEMA public TO clearcut_app",),
        "rights of clearcut_app on schema public (may: CREATE) is not pinned",
    ),
    "55-replica-mode-allowed": (
        ("GRANT SET ON PARAMETER session_replication_role TO clearcut_app",),
        "rights of clearcut_app on the setting session_replication_role (may: SET) is not pinned",
    ),
    "55-owned-by-another": (
        ("ALTER TABLE governance_decision OWNER TO clearcut_ledger",),
        "table governance_decision: owner clearcut_ledger, not clearcut_owner",
    ),
    "55-extra-table": (("CREATE TABLE governance_shadow (id int)",), "table governance_shadow is not pinned"),
    "55-extra-view": (("CREATE VIEW shadow AS SELECT 1 AS id",), "table shadow is not pinned"),
    "55-owner-signs-in": (
        ("ALTER ROLE clearcut_owner LOGIN",),
        "role clearcut_owner: may sign in, not nothing",
    ),
    "55-role-above": (
        ("GRANT pg_write_all_data TO clearcut_app",),
        "role clearcut_app: acts as pg_write_all_data, not nothing",
    ),
    "55-setting-for-a-role": (
        ("ALTER ROLE clearcut_app SET session_replication_role = replica",),
        "setting session_replication_role of clearcut_app in all databases (setting: replica) is not pinned",
    ),
    "55-lock-replaced": (
        (
            "CREATE OR REPLACE FUNCTION clearcut_lock.refuse_ddl() RETURNS event_trigger LANGUAGE plpgsql"
            " SET search_path = pg_catalog, pg_temp AS 'BEGIN END'",
        ),
        "function clearcut_lock.refuse_ddl(): sha256 ",
    ),
    "55-replicated-into": (
        (
            "CREATE SUBSCRIPTION intruder CONNECTION 'host=/nowhere' PUBLICATION all_of_it"
            " WITH (connect = false, slot_name = NONE)",
        ),
        "subscription intruder is not pinned",
    ),
}


@pytest.mark.parametrize(("statements", "sentence"), TAMPERING.values(), ids=TAMPERING)
def test_attacks_11_15_55_the_audit_names_what_was_done(statements: tuple[LiteralString, ...], sentence: str) -> None:
    found = audited(*statements)
    assert any(sentence in each for each in found), found


def test_attack_55_a_schema_left_unlocked_is_named() -> None:
    assert audited(lock_again=False) == [
        "event trigger clearcut_no_ddl is DISABLED, not ALWAYS",
        "event trigger clearcut_no_drop is DISABLED, not ALWAYS",
    ]


def test_attack_55_event_triggers_turned_off_for_the_session_are_named() -> None:
    assert "setting event_triggers: setting off, not on" in audited("SET LOCAL event_triggers = off")


def test_a_temporary_table_does_not_blind_the_audit() -> None:
    disabled = "ALTER TABLE governance_decision DISABLE TRIGGER clearcut_no_change"
    found = audited(disabled, "CREATE TEMP TABLE pg_trigger AS TABLE pg_catalog.pg_trigger")
    assert f"trigger {TRIGGER} is DISABLED, not ALWAYS" in found


def test_the_audit_leaves_the_session_as_it_was() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SET search_path = public, pg_temp")
        fence_differences()
        cursor.execute("SHOW search_path")
        assert cursor.fetchone() == ("public, pg_temp",)
        cursor.execute("RESET search_path")


NOTED = {"clearcut_owner": ["dba"], "clearcut_app": ["dba", "web"], "clearcut_ledger": ["dba", "ledger"]}


def test_attack_55_a_login_that_the_lock_does_not_note_is_named() -> None:
    members = [("clearcut_owner", "dba"), ("clearcut_owner", "web"), ("clearcut_app", "web")]
    assert unexpected_members(NOTED, members, []) == [Part("member", "web of clearcut_owner", {})]


def test_attack_55_a_login_of_the_application_that_may_do_anything_is_named() -> None:
    assert unexpected_members(NOTED, [], ["dba", "web"]) == [Part("powerful login", "web", {})]


def test_attack_55_a_member_of_the_owner_role_is_named_by_the_database() -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")
        cursor.execute("CREATE ROLE clearcut_test_intruder LOGIN IN ROLE clearcut_owner")
        found = compare(read_fence("owner"), pinned_fence())
        transaction.set_rollback(True, using="owner")
    assert "member clearcut_test_intruder of clearcut_owner is not pinned" in [each.sentence for each in found]


def test_nothing_to_tell_of_what_is_as_pinned() -> None:
    parts = (Part("role", "clearcut_app", {"may": "sign in"}),)
    assert compare(Found(parts, {}), Pinned(parts)) == ()


@pytest.mark.parametrize("text", ["", "[]", '{"trigger": []}', '{"trigger": {"t": "ALWAYS"}}'])
def test_a_damaged_pinned_list_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        pinned_from_json(text)


def audit_command(*options: str) -> tuple[int, str]:
    said = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit_fence", *options, stdout=said)
    return int(str(ended.value.code)), said.getvalue()


def information(text: str) -> Mapping[str, str]:
    return dict(json.loads(text)["information"])


def test_attack_55_the_command_ends_with_1_and_says_what_a_superuser_did(committed: dict[str, str]) -> None:
    dba.tamper(committed, "GRANT UPDATE ON governance_decision TO clearcut_app")
    code, said = audit_command()
    assert code == 1
    assert "rights of clearcut_app on governance_decision: may INSERT, SELECT, UPDATE, not INSERT, SELECT." in said


def test_the_command_tells_the_same_as_json(committed: dict[str, str]) -> None:
    dba.tamper(committed, "ALTER TABLE governance_decision DISABLE TRIGGER clearcut_no_change")
    code, said = audit_command("--json")
    body = json.loads(said)
    assert (code, body["verdict"]) == (1, "differs")
    found = {"kind": "trigger", "name": TRIGGER, "sentence": f"trigger {TRIGGER} is DISABLED, not ALWAYS"}
    assert found in body["differences"]
    assert information(said)["data checksums"] == "on"


def test_what_the_role_cannot_see_is_never_fine(committed: dict[str, str]) -> None:
    dba.tamper(committed, "REVOKE SELECT ON pg_catalog.pg_trigger FROM PUBLIC")
    code, said = audit_command()
    assert code == 2
    assert "Cannot tell: [fence.unreadable] The catalog of the database cannot be read: permission denied" in said
    with pytest.raises(FenceUnreadable):
        fence_differences()
