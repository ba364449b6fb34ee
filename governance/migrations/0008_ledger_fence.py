"""The fence around the tables of 0007, and around the way of an entry: nothing recorded can miss the log."""

from __future__ import annotations

from django.db import migrations

APP = "clearcut_app"

# Table, and when the database took a row in.
APPEND_ONLY = {
    "alarm": "raised_at",
    "alarmacknowledgement": "acknowledged_at",
    "report": "made_at",
    "signingkey": "recorded_at",
    "sourcetypesetting": "set_at",
}


def clock(column: str) -> str:
    return f"""
CREATE FUNCTION clearcut_clock_{column}() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF current_user = '{APP}' THEN
        NEW.{column} := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
"""


def triggers(table: str, column: str) -> str:
    return f"""
CREATE TRIGGER clearcut_no_change BEFORE UPDATE OR DELETE ON governance_{table}
    FOR EACH ROW EXECUTE FUNCTION clearcut_refuse_change();
CREATE TRIGGER clearcut_no_truncate BEFORE TRUNCATE ON governance_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION clearcut_refuse_change();
CREATE TRIGGER clearcut_clock BEFORE INSERT ON governance_{table}
    FOR EACH ROW EXECUTE FUNCTION clearcut_clock_{column}();
ALTER TABLE governance_{table} ENABLE ALWAYS TRIGGER clearcut_no_change;
ALTER TABLE governance_{table} ENABLE ALWAYS TRIGGER clearcut_no_truncate;
ALTER TABLE governance_{table} ENABLE ALWAYS TRIGGER clearcut_clock;
REVOKE ALL ON governance_{table} FROM PUBLIC;
GRANT SELECT, INSERT ON governance_{table} TO {APP};
"""


def fence() -> str:
    sql = [clock(column) for column in APPEND_ONLY.values() if column != "recorded_at"]  # 0005 has that one
    sql += [triggers(table, column) for table, column in APPEND_ONLY.items()]
    return "\n".join(sql)


class Migration(migrations.Migration):
    dependencies = [("governance", "0007_ledger_entries")]
    operations = [migrations.RunSQL(fence(), migrations.RunSQL.noop)]
