"""The fence holds whatever the order: nothing is approved, settled or used before it exists, nor dated back.

Foreign keys are checked at COMMIT, so a check that looks for a row must refuse when there is none yet. And what the
database dates, the application does not.
"""

from __future__ import annotations

from django.db import migrations

APP = "clearcut_app"

# When the database took a row in, by table. Those of the ledger process are its own.
DATED = {
    "agentacknowledgement": "recorded_at",
    "asset": "uploaded_at",
    "assetterm": "recorded_at",
    "cataloguesync": "synced_at",
    "claimcontradiction": "recorded_at",
    "claimreview": "reviewed_at",
    "client": "created_at",
    "contract": "entered_at",
    "decision": "recorded_at",
    "declarationresolution": "recorded_at",
    "delivery": "delivered_at",
    "deploymenttarget": "created_at",
    "duty": "opened_at",
    "dutyact": "acted_at",
    "encodingapproval": "approved_at",
    "encodingretirement": "retired_at",
    "entitlement": "entered_at",
    "entitlementend": "recorded_at",
    "entitlementverification": "verified_at",
    "factchange": "changed_at",
    "grantset": "recorded_at",
    "hold": "placed_at",
    "holdlift": "lifted_at",
    "inputpermission": "recorded_at",
    "job": "requested_at",
    "licenseencoding": "drafted_at",
    "licensetext": "recorded_at",
    "output": "created_at",
    "pendingentry": "queued_at",
    "permissionverification": "verified_at",
    "policyset": "drafted_at",
    "policysetapproval": "approved_at",
    "policysetwithdrawal": "withdrawn_at",
    "project": "created_at",
    "provenancerecord": "created_at",
    "quota": "entered_at",
    "quotaentry": "entered_at",
    "release": "released_at",
    "resolutionapproval": "approved_at",
    "reviewassignment": "assigned_at",
    "reviewcase": "opened_at",
    "reviewoutcome": "decided_at",
    "rightsreading": "read_at",
    "rolegrant": "granted_at",
    "sweep": "finished_at",
    "usedetermination": "signed_at",
    "waiver": "requested_at",
    "waiveranswer": "answered_at",
    "waiverrevocation": "revoked_at",
    "waiveruse": "used_at",
    "weightsacquisition": "acquired_at",
}

CHECKS = """
CREATE OR REPLACE FUNCTION clearcut_check_four_eyes() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public AS $$
DECLARE
    first bigint;
BEGIN
    SELECT entered_by_id INTO first FROM governance_entitlement WHERE id = NEW.entitlement_id;
    IF first IS NULL OR first = NEW.verified_by_id THEN
        RAISE EXCEPTION 'an entitlement is verified by another person than the one who entered it'
            USING ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;

-- What has no author (a reading of the catalogue) is not there for anybody to approve.
CREATE OR REPLACE FUNCTION clearcut_check_two_people() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public AS $$
DECLARE
    first bigint;
    second bigint := (to_jsonb(NEW) ->> TG_ARGV[1])::bigint;
BEGIN
    EXECUTE format('SELECT %I FROM public.%I WHERE id = $1', TG_ARGV[3], TG_ARGV[2])
        INTO first USING (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
    IF first IS NULL OR first IS NOT DISTINCT FROM second THEN
        RAISE EXCEPTION '% asks for another person than the one before', TG_TABLE_NAME
            USING ERRCODE = '23514', CONSTRAINT = 'two_people';
    END IF;
    RETURN NEW;
END $$;

-- The lock makes the sum below see every line committed before; at READ COMMITTED each statement looks anew.
CREATE OR REPLACE FUNCTION clearcut_check_quota() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public AS $$
DECLARE
    quota record;
    reserved record;
    used bigint;
BEGIN
    IF NEW.settles_id IS NOT NULL THEN
        SELECT * INTO reserved FROM governance_quotaentry WHERE id = NEW.settles_id;
        IF NOT FOUND OR reserved.kind <> 'reserve' OR reserved.quota_id <> NEW.quota_id
            OR reserved.period_key <> NEW.period_key OR NEW.amount NOT IN (0, -reserved.amount)
        THEN
            RAISE EXCEPTION 'quota entry settles no reserve of its own' USING ERRCODE = '23514',
                CONSTRAINT = 'quota_settles_its_reserve';
        END IF;
    END IF;
    IF NEW.kind NOT IN ('reserve', 'adjust') THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('quota ' || NEW.quota_id || ' ' || NEW.period_key, 0));
    SELECT * INTO quota FROM governance_quota WHERE id = NEW.quota_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no quota %', NEW.quota_id USING ERRCODE = '23503';
    END IF;
    SELECT coalesce(sum(amount), 0) INTO used FROM governance_quotaentry
        WHERE quota_id = NEW.quota_id AND period_key = NEW.period_key;
    IF NEW.kind = 'adjust' AND NEW.amount < 0 AND used + NEW.amount < 0 THEN
        RAISE EXCEPTION '% are booked on quota % in %; % cannot be taken off', used, NEW.quota_id, NEW.period_key,
            -NEW.amount USING ERRCODE = '23514', CONSTRAINT = 'quota_not_below_zero';
    END IF;
    IF NEW.kind = 'reserve' AND quota.overage = 'block' AND used + NEW.amount > quota."limit" THEN
        RAISE EXCEPTION 'quota % has % of % left in %', NEW.quota_id, quota."limit" - used, quota."limit",
            NEW.period_key USING ERRCODE = '23514', CONSTRAINT = 'quota_not_passed';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION clearcut_check_waiver_uses() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public AS $$
DECLARE
    allowed bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('waiver ' || NEW.waiver_id, 0));
    SELECT max_uses INTO allowed FROM governance_waiver WHERE id = NEW.waiver_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no waiver %', NEW.waiver_id USING ERRCODE = '23503';
    END IF;
    IF (SELECT count(*) FROM governance_waiveruse WHERE waiver_id = NEW.waiver_id) >= allowed THEN
        RAISE EXCEPTION 'waiver % is used up', NEW.waiver_id USING ERRCODE = '23514',
            CONSTRAINT = 'waiver_not_used_up';
    END IF;
    RETURN NEW;
END $$;

-- The row tells what the fact was and what it is: both as they are.
CREATE OR REPLACE FUNCTION clearcut_check_restated() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public AS $$
DECLARE
    told record;
BEGIN
    FOR position IN 1 .. TG_NARGS - 1 LOOP
        IF to_jsonb(OLD) -> TG_ARGV[position] IS DISTINCT FROM to_jsonb(NEW) -> TG_ARGV[position] THEN
            EXECUTE format(
                'SELECT coalesce(before, ''null''::jsonb) AS was, coalesce(after, ''null''::jsonb) AS becomes
                 FROM public.governance_factchange WHERE %I = $1 AND field = $2 ORDER BY id DESC LIMIT 1', TG_ARGV[0]
            ) INTO told USING NEW.id, TG_ARGV[position];
            IF told.was IS DISTINCT FROM to_jsonb(OLD) -> TG_ARGV[position]
                OR told.becomes IS DISTINCT FROM to_jsonb(NEW) -> TG_ARGV[position]
            THEN
                RAISE EXCEPTION '% of % changed without its row in governance_factchange', TG_ARGV[position],
                    TG_TABLE_NAME USING ERRCODE = '23514', CONSTRAINT = 'fact_change_is_recorded';
            END IF;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
"""


def clock(column: str) -> str:
    """The application's own date is not asked for; whoever restores a copy as the owner keeps the dates in it."""
    return f"""
CREATE FUNCTION clearcut_clock_{column}() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF current_user = '{APP}' THEN
        NEW.{column} := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
"""


def dated(table: str, column: str) -> str:
    return f"""
CREATE TRIGGER clearcut_clock BEFORE INSERT ON governance_{table}
    FOR EACH ROW EXECUTE FUNCTION clearcut_clock_{column}();
ALTER TABLE governance_{table} ENABLE ALWAYS TRIGGER clearcut_clock;
"""


def fence() -> str:
    sql = [CHECKS, *(clock(column) for column in sorted(set(DATED.values())))]
    sql += [dated(table, column) for table, column in DATED.items()]
    return "\n".join(sql)


class Migration(migrations.Migration):
    dependencies = [("governance", "0004_rights_fence")]
    operations = [migrations.RunSQL(fence(), migrations.RunSQL.noop)]
