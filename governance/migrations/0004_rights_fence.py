"""The fence around the tables of 0003: append-only, two people where two are asked for, limits that hold in a race."""

from __future__ import annotations

from django.db import migrations

APP = "clearcut_app"

APPEND_ONLY = (
    "agentacknowledgement", "assetterm", "claimcontradiction", "claimreview", "contract", "declarationresolution",
    "duty", "dutyact", "encodingapproval", "encodingretirement", "factchange", "grantset", "hold", "holdlift",
    "inputpermission", "licenseencoding", "licensetext", "permissionverification", "policyset", "policysetapproval",
    "policysetwithdrawal", "quota", "quotaentry", "resolutionapproval", "reviewassignment", "reviewcase",
    "reviewoutcome", "rightsreading", "rightssignal", "sweep", "sweepchange", "trialverdict", "waiver",
    "waiveranswer", "waiverrevocation", "waiveruse",
)
# Approving table, its reference to what is approved, who approves; and who made what is approved.
TWO_PEOPLE = (
    ("encodingapproval", "encoding_id", "approved_by_id", "licenseencoding", "drafted_by_id"),
    ("resolutionapproval", "resolution_id", "approved_by_id", "declarationresolution", "recorded_by_id"),
    ("permissionverification", "permission_id", "verified_by_id", "inputpermission", "recorded_by_id"),
    ("waiveranswer", "waiver_id", "answered_by_id", "waiver", "requested_by_id"),
    ("policysetapproval", "policy_set_id", "approved_by_id", "policyset", "drafted_by_id"),
)
# Facts that may be corrected, each change with its row in factchange.
RESTATED = {
    "project": ("project_id", ("billable", "for_profit")),
    "deploymenttarget": (
        "target_id",
        (
            "channel", "monetised", "territories", "hosting_mode", "output_distribution", "weights_distribution",
            "valid_until",
        ),
    ),
}

FUNCTIONS = """
CREATE FUNCTION clearcut_check_two_people() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    first bigint;
    second bigint := (to_jsonb(NEW) ->> TG_ARGV[1])::bigint;
BEGIN
    EXECUTE format('SELECT %I FROM public.%I WHERE id = $1', TG_ARGV[3], TG_ARGV[2])
        INTO first USING (to_jsonb(NEW) ->> TG_ARGV[0])::bigint;
    IF first IS NOT DISTINCT FROM second THEN
        RAISE EXCEPTION '% asks for another person than the one before', TG_TABLE_NAME
            USING ERRCODE = '23514', CONSTRAINT = 'two_people';
    END IF;
    RETURN NEW;
END $$;

-- The lock makes the sum below see every reserve committed before; at READ COMMITTED each statement looks anew.
CREATE FUNCTION clearcut_check_quota() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    quota record;
    reserved record;
    used bigint;
BEGIN
    IF NEW.settles_id IS NOT NULL THEN
        SELECT * INTO reserved FROM governance_quotaentry WHERE id = NEW.settles_id;
        IF reserved.kind <> 'reserve' OR reserved.quota_id <> NEW.quota_id OR reserved.period_key <> NEW.period_key
            OR NEW.amount NOT IN (0, -reserved.amount)
        THEN
            RAISE EXCEPTION 'quota entry settles no reserve of its own' USING ERRCODE = '23514',
                CONSTRAINT = 'quota_settles_its_reserve';
        END IF;
    END IF;
    IF NEW.kind <> 'reserve' THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('quota ' || NEW.quota_id || ' ' || NEW.period_key, 0));
    SELECT * INTO quota FROM governance_quota WHERE id = NEW.quota_id;
    IF quota.overage = 'block' THEN
        SELECT coalesce(sum(amount), 0) INTO used FROM governance_quotaentry
            WHERE quota_id = NEW.quota_id AND period_key = NEW.period_key;
        IF used + NEW.amount > quota."limit" THEN
            RAISE EXCEPTION 'quota % has % of % left in %', NEW.quota_id, quota."limit" - used, quota."limit",
                NEW.period_key USING ERRCODE = '23514', CONSTRAINT = 'quota_not_passed';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION clearcut_check_waiver_uses() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    allowed bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('waiver ' || NEW.waiver_id, 0));
    SELECT max_uses INTO allowed FROM governance_waiver WHERE id = NEW.waiver_id;
    IF (SELECT count(*) FROM governance_waiveruse WHERE waiver_id = NEW.waiver_id) >= allowed THEN
        RAISE EXCEPTION 'waiver % is used up', NEW.waiver_id USING ERRCODE = '23514',
            CONSTRAINT = 'waiver_not_used_up';
    END IF;
    RETURN NEW;
END $$;

-- An exclusion constraint cannot do it: an early end is a row of another table.
CREATE FUNCTION clearcut_check_entitlement_overlap() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public AS $$
DECLARE
    other integer;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('entitlement ' || NEW.ref, 0));
    SELECT e.version INTO other FROM governance_entitlement e
        WHERE e.ref = NEW.ref
        AND e.valid_from < NEW.valid_until
        AND NEW.valid_from < least(e.valid_until, (
            SELECT min(x.ended_at) FROM governance_entitlementend x
            WHERE x.ref = e.ref AND coalesce(x.version, e.version) = e.version
        ))
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the period of % overlaps that of version %', NEW.ref, other USING ERRCODE = '23P01',
            CONSTRAINT = 'entitlement_versions_do_not_overlap';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION clearcut_check_restated() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE
    stated jsonb;
BEGIN
    FOR position IN 1 .. TG_NARGS - 1 LOOP
        IF to_jsonb(OLD) -> TG_ARGV[position] IS DISTINCT FROM to_jsonb(NEW) -> TG_ARGV[position] THEN
            EXECUTE format(
                'SELECT coalesce(after, ''null''::jsonb) FROM public.governance_factchange
                 WHERE %I = $1 AND field = $2 ORDER BY id DESC LIMIT 1', TG_ARGV[0]
            ) INTO stated USING NEW.id, TG_ARGV[position];
            IF stated IS DISTINCT FROM to_jsonb(NEW) -> TG_ARGV[position] THEN
                RAISE EXCEPTION '% of % changed without its row in governance_factchange', TG_ARGV[position],
                    TG_TABLE_NAME USING ERRCODE = '23514', CONSTRAINT = 'fact_change_is_recorded';
            END IF;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
"""


def append_only(table: str) -> str:
    return f"""
CREATE TRIGGER clearcut_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION clearcut_refuse_change();
CREATE TRIGGER clearcut_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION clearcut_refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER clearcut_no_change;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER clearcut_no_truncate;
REVOKE ALL ON {table} FROM PUBLIC;
GRANT SELECT, INSERT ON {table} TO {APP};
"""


def before_insert(table: str, name: str, call: str) -> str:
    return f"""
CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {call};
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};
"""


def restated(table: str, reference: str, columns: tuple[str, ...]) -> str:
    arguments = ", ".join(f"'{each}'" for each in (reference, *columns))
    return f"""
CREATE CONSTRAINT TRIGGER clearcut_restated AFTER UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION clearcut_check_restated({arguments});
ALTER TABLE {table} ENABLE ALWAYS TRIGGER clearcut_restated;
GRANT UPDATE ({", ".join(columns)}) ON {table} TO {APP};
"""


def fence() -> str:
    sql = [FUNCTIONS, *(append_only(f"governance_{name}") for name in APPEND_ONLY)]
    for table, reference, second, parent, first in TWO_PEOPLE:
        call = f"clearcut_check_two_people('{reference}', '{second}', 'governance_{parent}', '{first}')"
        sql.append(before_insert(f"governance_{table}", "clearcut_two_people", call))
    sql.append(before_insert("governance_quotaentry", "clearcut_quota", "clearcut_check_quota()"))
    sql.append(before_insert("governance_waiveruse", "clearcut_waiver_uses", "clearcut_check_waiver_uses()"))
    sql.append(before_insert("governance_entitlement", "clearcut_overlap", "clearcut_check_entitlement_overlap()"))
    for table, (reference, columns) in RESTATED.items():
        sql.append(restated(f"governance_{table}", reference, columns))
    return "\n".join(sql)


class Migration(migrations.Migration):
    dependencies = [("governance", "0003_rights")]
    operations = [migrations.RunSQL(fence(), migrations.RunSQL.noop)]
