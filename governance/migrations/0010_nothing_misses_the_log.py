"""What is recorded reaches the log: in its order, without a gap, with the hash of its own leaf.

The integrator keeps to this by itself; the database refuses whoever does not, at COMMIT.
"""

from __future__ import annotations

from django.db import migrations

FENCE = r"""
-- No trigger function looks into a session's temporary tables first: `search_path = pg_catalog, public` does, since
--    pg_temp comes before everything unless it is named. A temporary governance_entitlement blinded the four-eyes check.
ALTER FUNCTION clearcut_check_pair() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION clearcut_check_four_eyes() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION clearcut_check_two_people() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION clearcut_check_quota() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION clearcut_check_waiver_uses() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION clearcut_check_entitlement_overlap() SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION clearcut_check_restated() SET search_path = pg_catalog, public, pg_temp;

-- Nothing recorded can miss the log.
-- The database itself puts every record into the outbox, with the owner's right: the application cannot leave one out,
-- and cannot put one there a second time, which the integrator could never place.
CREATE FUNCTION clearcut_queue_record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.governance_pendingentry (record_id, queued_at) VALUES (NEW.id, clock_timestamp());
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION clearcut_queue_record() FROM PUBLIC;
REVOKE INSERT ON governance_pendingentry FROM clearcut_app;

CREATE FUNCTION clearcut_check_taken_in() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM governance_sequencedentry s WHERE s.record_id = OLD.record_id) THEN
        RAISE EXCEPTION 'record % left the outbox without its place in the log', OLD.record_id
            USING ERRCODE = '23514', CONSTRAINT = 'pending_is_taken_in';
    END IF;
    RETURN NULL;
END $$;

-- Once per statement: a batch of thousands costs one look at the end of the log. The hash is of the leaf read back.
CREATE FUNCTION clearcut_check_sequence() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    added bigint;
    first bigint;
    last bigint;
    before bigint;
    wrong bigint;
BEGIN
    SELECT count(*), min(seq), max(seq) INTO added, first, last FROM entered;
    IF added = 0 THEN
        RETURN NULL;
    END IF;
    -- max(), never EXISTS (… seq > last): looking for what is not there, a generic plan reads the log.
    SELECT coalesce(max(s.seq), -1) INTO before FROM governance_sequencedentry s WHERE s.seq < first;
    IF first <> before + 1 OR last - first + 1 <> added
        OR last <> (SELECT max(s.seq) FROM governance_sequencedentry s)
    THEN
        RAISE EXCEPTION 'entries % to % do not continue the log, whose last is %', first, last, before
            USING ERRCODE = '23514', CONSTRAINT = 'sequence_without_gap';
    END IF;
    -- A subquery per row, never a join: nobody knows how long the transition table is, and a hash join reads the log.
    SELECT e.seq INTO wrong FROM entered e WHERE e.leaf_hash IS DISTINCT FROM sha256('\x00'::bytea || coalesce(
        e.recovered_leaf, (SELECT r.leaf FROM governance_provenancerecord r WHERE r.id = e.record_id)
    )) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % does not hold the hash of its leaf', wrong
            USING ERRCODE = '23514', CONSTRAINT = 'sequence_hash_of_leaf';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION clearcut_check_tree_grows() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.size < (SELECT max(t.size) FROM governance_treestate t) THEN
        RAISE EXCEPTION 'a tree of % entries is smaller than one before', NEW.size
            USING ERRCODE = '23514', CONSTRAINT = 'tree_grows';
    END IF;
    RETURN NULL;
END $$;

-- The tree of no entries is not stored; its root is SHA-256 of nothing.
CREATE FUNCTION clearcut_check_checkpoint() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    expected text := encode(sha256(''::bytea), 'hex');
BEGIN
    IF NEW.size > 0 THEN
        SELECT t.root INTO expected FROM governance_treestate t WHERE t.size = NEW.size;
    END IF;
    IF NEW.root IS DISTINCT FROM expected THEN
        RAISE EXCEPTION 'the checkpoint for % entries has another root than the tree', NEW.size
            USING ERRCODE = '23514', CONSTRAINT = 'checkpoint_of_tree';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER clearcut_queue AFTER INSERT ON governance_provenancerecord
    FOR EACH ROW EXECUTE FUNCTION clearcut_queue_record();
ALTER TABLE governance_provenancerecord ENABLE ALWAYS TRIGGER clearcut_queue;

CREATE CONSTRAINT TRIGGER clearcut_taken_in AFTER DELETE ON governance_pendingentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION clearcut_check_taken_in();
ALTER TABLE governance_pendingentry ENABLE ALWAYS TRIGGER clearcut_taken_in;

CREATE TRIGGER clearcut_sequence AFTER INSERT ON governance_sequencedentry
    REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION clearcut_check_sequence();
ALTER TABLE governance_sequencedentry ENABLE ALWAYS TRIGGER clearcut_sequence;

CREATE TRIGGER clearcut_tree_grows AFTER INSERT ON governance_treestate
    FOR EACH ROW EXECUTE FUNCTION clearcut_check_tree_grows();
ALTER TABLE governance_treestate ENABLE ALWAYS TRIGGER clearcut_tree_grows;

CREATE TRIGGER clearcut_of_tree AFTER INSERT ON governance_checkpoint
    FOR EACH ROW EXECUTE FUNCTION clearcut_check_checkpoint();
ALTER TABLE governance_checkpoint ENABLE ALWAYS TRIGGER clearcut_of_tree;
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0009_corrections")]
    # No way back: a fence that was taken down on paper only would be worse than none.
    operations = [migrations.RunSQL(FENCE)]
