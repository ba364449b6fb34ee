"""Grants and triggers that keep append-only rows as they are.

A fence, not the proof: the proof is the signed checkpoint outside the database. Every trigger is ``ENABLE ALWAYS``,
because a plain one is skipped under ``session_replication_role = replica``.
"""

from __future__ import annotations

from django.db import migrations

APP, LEDGER = "clearcut_app", "clearcut_ledger"

APPEND_ONLY = (
    "asset", "cataloguesync", "checkpoint", "decision", "delivery", "entitlement", "entitlementend",
    "entitlementverification", "job", "output", "provenancerecord", "release", "sequencedentry", "treenode",
    "treestate", "usedetermination", "weightsacquisition",
)
# Written by the ledger process alone.
LEDGER_WRITES = ("checkpoint", "sequencedentry", "treenode", "treestate")
# What may change in the other tables, column by column.
MUTABLE = {
    "client": "",
    "project": "",
    "deploymenttarget": "archived_at",
    "rolegrant": "ended_at",
    "cutout": "status, attempt, decision_id, enqueued_at, started_at, finished_at, error_code, error_message",
}
CATALOGUE = (
    "license", "modelversion", "weightsartifact", "licensedeclaration", "licenseresolution", "dataset",
    "traininguse", "lineageclaim",
)
DJANGO_READ_WRITE = (
    "auth_user", "auth_user_groups", "auth_user_user_permissions", "auth_group", "auth_group_permissions",
    "auth_permission", "django_content_type", "django_session",
)

FUNCTIONS = """
CREATE FUNCTION clearcut_refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the table is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

-- The two foreign keys alone would let two outputs hold each other's records.
CREATE FUNCTION clearcut_check_pair() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM governance_provenancerecord r WHERE r.id = NEW.record_id AND r.output_id = NEW.id) THEN
        RAISE EXCEPTION 'output % and record % do not point at each other', NEW.id, NEW.record_id
            USING ERRCODE = '23503';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION clearcut_check_four_eyes() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM governance_entitlement e WHERE e.id = NEW.entitlement_id AND e.entered_by_id = NEW.verified_by_id
    ) THEN
        RAISE EXCEPTION 'an entitlement is verified by another person than the one who entered it'
            USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
"""
PAIR = """
CREATE CONSTRAINT TRIGGER clearcut_pair AFTER INSERT ON governance_output DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION clearcut_check_pair();
ALTER TABLE governance_output ENABLE ALWAYS TRIGGER clearcut_pair;
CREATE TRIGGER clearcut_four_eyes BEFORE INSERT ON governance_entitlementverification
    FOR EACH ROW EXECUTE FUNCTION clearcut_check_four_eyes();
ALTER TABLE governance_entitlementverification ENABLE ALWAYS TRIGGER clearcut_four_eyes;
"""


def triggers(table: str, row_events: str) -> str:
    return f"""
CREATE TRIGGER clearcut_no_change BEFORE {row_events} ON {table}
    FOR EACH ROW EXECUTE FUNCTION clearcut_refuse_change();
CREATE TRIGGER clearcut_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION clearcut_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER clearcut_no_change;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER clearcut_no_truncate;
"""


def fence() -> str:
    append_only = [f"governance_{name}" for name in APPEND_ONLY]
    ledger_writes = [f"governance_{name}" for name in LEDGER_WRITES]
    sql = [FUNCTIONS, PAIR]
    sql += [triggers(table, "UPDATE OR DELETE") for table in append_only]
    sql.append(triggers("governance_pendingentry", "UPDATE"))
    sql.append("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;")
    sql.append(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {APP};")
    sql += [f"GRANT INSERT ON {table} TO {APP};" for table in append_only if table not in ledger_writes]
    sql.append(f"GRANT INSERT ON governance_pendingentry TO {APP};")
    for name, columns in MUTABLE.items():
        sql.append(f"GRANT INSERT ON governance_{name} TO {APP};")
        if columns:
            sql.append(f"GRANT UPDATE ({columns}) ON governance_{name} TO {APP};")
    sql += [f"GRANT INSERT, UPDATE ON governance_{name} TO {APP};" for name in CATALOGUE]
    sql += [f"GRANT INSERT, UPDATE, DELETE ON {table} TO {APP};" for table in DJANGO_READ_WRITE]
    sql.append(f"GRANT SELECT ON governance_provenancerecord, governance_pendingentry TO {LEDGER};")
    sql.append(f"GRANT DELETE ON governance_pendingentry TO {LEDGER};")
    sql += [f"GRANT SELECT, INSERT ON {table} TO {LEDGER};" for table in ledger_writes]
    return "\n".join(sql)


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("sessions", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunSQL(fence(), migrations.RunSQL.noop)]
