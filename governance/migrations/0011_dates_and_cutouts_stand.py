"""Nobody dates a row back, whoever signs in; and a cutout that was made stays as it was made.

A login that acts as a role by inheritance is not that role by name: so it is asked who may date, not who may not.
"""

from __future__ import annotations

from django.db import migrations

# Every column the database dates: those of 0005, 0008 and 0009.
DATED = (
    "acknowledged_at", "acquired_at", "acted_at", "answered_at", "approved_at", "assigned_at", "changed_at",
    "corrected_at", "created_at", "decided_at", "delivered_at", "drafted_at", "entered_at", "finished_at",
    "granted_at", "lifted_at", "made_at", "opened_at", "placed_at", "queued_at", "raised_at", "read_at",
    "recorded_at", "released_at", "requested_at", "retired_at", "reviewed_at", "revoked_at", "set_at", "signed_at",
    "synced_at", "uploaded_at", "used_at", "verified_at", "withdrawn_at",
)

# Only whoever restores a copy, as the owner's role or as a superuser, keeps the dates in it.
CLOCK = """
CREATE OR REPLACE FUNCTION clearcut_clock_{column}() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_user <> 'clearcut_owner'
        AND NOT EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = current_user AND r.rolsuper)
    THEN
        NEW.{column} := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
"""
CUTOUTS = """
-- Nothing follows "succeeded": the decision it was made by, its times and its attempt are part of what was recorded.
CREATE FUNCTION clearcut_check_made() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.status = 'succeeded' THEN
        RAISE EXCEPTION 'a cutout that was made is not changed' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER clearcut_made BEFORE UPDATE ON governance_cutout
    FOR EACH ROW EXECUTE FUNCTION clearcut_check_made();
ALTER TABLE governance_cutout ENABLE ALWAYS TRIGGER clearcut_made;
"""


def fence() -> str:
    return "\n".join([*(CLOCK.format(column=column) for column in DATED), CUTOUTS])


class Migration(migrations.Migration):
    dependencies = [("governance", "0010_nothing_misses_the_log")]
    # No way back: a fence that was taken down on paper only would be worse than none.
    operations = [migrations.RunSQL(fence())]
