"""What is asked of PostgreSQL's catalog about the fence: per kind of part one query, whose first column is the name.

Everything is text, and the same on every installation: no OIDs, no login's name, no object of an extension. Every
catalog is named with its schema, since a temporary table would otherwise come first; `search_path` is ``pg_catalog``
while they run, so that definitions name the schema of everything else. Readable to any role.
"""

from __future__ import annotations

from typing import LiteralString

# In front of each query. Objects of an extension come and go with it; none of ours belongs to one.
COMMON: LiteralString = """
WITH
extended AS (SELECT d.classid, d.objid FROM pg_catalog.pg_depend d WHERE d.deptype = 'e'),
relation AS (
    SELECT c.* FROM pg_catalog.pg_class c WHERE c.relnamespace = 'public'::regnamespace
        AND c.oid NOT IN (SELECT x.objid FROM extended x WHERE x.classid = 'pg_catalog.pg_class'::regclass)
),
who AS (SELECT r.oid, r.rolname::text AS name FROM pg_catalog.pg_roles r UNION ALL SELECT 0, 'PUBLIC'),
firing (code, word) AS (VALUES ('A', 'ALWAYS'), ('O', 'ORIGIN ONLY'), ('R', 'REPLICA ONLY'), ('D', 'DISABLED')),
here AS (SELECT b.* FROM pg_catalog.pg_database b WHERE b.datname = current_database()),
telling (name) AS (VALUES ('session_replication_role'), ('event_triggers'), ('search_path'), ('role'), ('row_security'),
    ('session_preload_libraries'), ('local_preload_libraries'))
"""

PARTS: dict[str, LiteralString] = {
    # The flags in pg_class decide whether PostgreSQL looks for triggers, checks, rules and indexes at all.
    "table": """
SELECT c.relname, pg_get_userbyid(c.relowner) AS owner,
    CASE c.relkind WHEN 'r' THEN 'table' ELSE c.relkind::text END AS kind,
    CASE c.relpersistence WHEN 'p' THEN 'permanent' ELSE c.relpersistence::text END AS storage,
    CASE WHEN c.relhastriggers THEN 'yes' ELSE 'no' END AS "looks for triggers",
    CASE WHEN c.relhasindex THEN 'yes' ELSE 'no' END AS "looks for indexes",
    CASE WHEN c.relhasrules THEN 'yes' ELSE 'no' END AS "has rules",
    CASE WHEN c.relrowsecurity OR c.relforcerowsecurity THEN 'yes' ELSE 'no' END AS "row security",
    c.relchecks::text AS checks,
    (SELECT count(*)::text FROM pg_catalog.pg_inherits i WHERE c.oid IN (i.inhparent, i.inhrelid)) AS inheritance
FROM relation c WHERE c.relkind NOT IN ('i', 'I', 'S', 'c')""",
    "sequence": "SELECT c.relname, pg_get_userbyid(c.relowner) AS owner FROM relation c WHERE c.relkind = 'S'",
    "column": """
SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod) AS type,
    CASE WHEN a.attnotnull THEN 'yes' ELSE 'no' END AS "not null",
    a.attidentity::text || a.attgenerated::text AS generated,
    coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS "default"
FROM pg_catalog.pg_attribute a JOIN relation c ON c.oid = a.attrelid
LEFT JOIN pg_catalog.pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped""",
    # NOT NULL is a trait of the column; of a foreign key also the triggers that check it, which can be disabled.
    "constraint": """
SELECT n.conname || ' on ' || c.relname, pg_get_constraintdef(n.oid) AS definition,
    (SELECT coalesce(string_agg(t.tgenabled::text, '' ORDER BY t.tgenabled), '') FROM pg_catalog.pg_trigger t
        WHERE t.tgconstraint = n.oid AND t.tgisinternal) AS "checked by"
FROM pg_catalog.pg_constraint n JOIN relation c ON c.oid = n.conrelid WHERE n.contype NOT IN ('n', 't')""",
    "index": """
SELECT x.relname || ' on ' || c.relname, pg_get_indexdef(i.indexrelid) AS definition,
    CASE WHEN i.indisvalid AND i.indisready AND i.indislive THEN 'yes' ELSE 'no' END AS works
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN relation c ON c.oid = i.indrelid""",
    "trigger": """
SELECT t.tgname || ' on ' || c.relname, f.word AS fires, pg_get_triggerdef(t.oid) AS definition
FROM pg_catalog.pg_trigger t JOIN relation c ON c.oid = t.tgrelid LEFT JOIN firing f ON f.code = t.tgenabled::text
WHERE NOT t.tgisinternal""",
    "rule": """
SELECT r.rulename || ' on ' || c.relname, pg_get_ruledef(r.oid) AS definition
FROM pg_catalog.pg_rewrite r JOIN relation c ON c.oid = r.ev_class""",
    "policy": """
SELECT p.polname || ' on ' || c.relname FROM pg_catalog.pg_policy p JOIN relation c ON c.oid = p.polrelid""",
    # The lock's are a superuser's, whatever his name.
    "function": """
SELECT CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || p.proname || '('
        || pg_get_function_identity_arguments(p.oid) || ')',
    encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') AS sha256, l.lanname AS language,
    CASE WHEN n.nspname <> 'public' AND r.rolsuper THEN 'a superuser' ELSE r.rolname END AS owner,
    CASE WHEN p.prosecdef THEN 'definer' ELSE 'invoker' END AS "runs as",
    coalesce(array_to_string(p.proconfig, '; '), '') AS settings, format_type(p.prorettype, NULL) AS returns
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
JOIN pg_catalog.pg_language l ON l.oid = p.prolang JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
WHERE n.nspname IN ('public', 'clearcut_lock')
    AND p.oid NOT IN (SELECT x.objid FROM extended x WHERE x.classid = 'pg_catalog.pg_proc'::regclass)""",
    # An operator of ours that fits better would be taken instead of PostgreSQL's, inside the checks as well.
    "operator": """
SELECT o.oid::regoperator::text FROM pg_catalog.pg_operator o WHERE o.oprnamespace = 'public'::regnamespace
    AND o.oid NOT IN (SELECT x.objid FROM extended x WHERE x.classid = 'pg_catalog.pg_operator'::regclass)""",
    "cast": """
SELECT format_type(k.castsource, NULL) || ' as ' || format_type(k.casttarget, NULL) FROM pg_catalog.pg_cast k
WHERE k.oid >= 16384
    AND k.oid NOT IN (SELECT x.objid FROM extended x WHERE x.classid = 'pg_catalog.pg_cast'::regclass)""",
    "event trigger": """
SELECT e.evtname, f.word AS fires, e.evtevent AS event, coalesce(array_to_string(e.evttags, ', '), '') AS tags,
    e.evtfoid::regproc::text AS calls, CASE WHEN r.rolsuper THEN 'a superuser' ELSE r.rolname END AS owner
FROM pg_catalog.pg_event_trigger e JOIN pg_catalog.pg_roles r ON r.oid = e.evtowner
LEFT JOIN firing f ON f.code = e.evtenabled::text
WHERE e.oid NOT IN (SELECT x.objid FROM extended x WHERE x.classid = 'pg_catalog.pg_event_trigger'::regclass)""",
    # The owner may do anything anyway; that he is the right one is a trait of what he owns. To connect, to make
    # temporary tables and to see that a schema is there is each installation's own affair.
    "rights of": """
, granted (place, owner, acl) AS (
    SELECT c.relname::text, c.relowner,
        coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner))
    FROM relation c WHERE c.relkind NOT IN ('i', 'I', 'c')
    UNION ALL SELECT c.relname || '.' || a.attname, c.relowner, a.attacl
    FROM pg_catalog.pg_attribute a JOIN relation c ON c.oid = a.attrelid WHERE NOT a.attisdropped
    UNION ALL SELECT 'schema ' || n.nspname, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
    FROM pg_catalog.pg_namespace n WHERE n.nspname IN ('public', 'clearcut_lock')
    UNION ALL SELECT 'the database', b.datdba, b.datacl FROM here b
    UNION ALL SELECT 'the setting ' || s.parname, 10, s.paracl FROM pg_catalog.pg_parameter_acl s
    WHERE s.parname IN (SELECT t.name FROM telling t)
)
SELECT w.name || ' on ' || g.place, string_agg(
    a.privilege_type || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END, ', ' ORDER BY a.privilege_type
) AS may
FROM granted g CROSS JOIN aclexplode(g.acl) a JOIN who w ON w.oid = a.grantee
WHERE a.grantee <> g.owner AND a.privilege_type NOT IN ('CONNECT', 'TEMPORARY', 'USAGE')
    AND NOT (g.place = 'schema public' AND w.name = 'clearcut_owner') GROUP BY g.place, w.name""",
    "default rights of": """
SELECT w.name || ' on each ' || x.defaclobjtype::text || coalesce(' in ' || n.nspname, ''),
    array_to_string(x.defaclacl, ', ') AS may
FROM pg_catalog.pg_default_acl x JOIN who w ON w.oid = x.defaclrole
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = x.defaclnamespace""",
    "role": """
SELECT r.rolname, concat_ws(', ', CASE WHEN r.rolcanlogin THEN 'sign in' END,
        CASE WHEN r.rolsuper THEN 'anything (superuser)' END, CASE WHEN r.rolcreaterole THEN 'create roles' END,
        CASE WHEN r.rolcreatedb THEN 'create databases' END, CASE WHEN r.rolreplication THEN 'replicate' END,
        CASE WHEN r.rolbypassrls THEN 'bypass row security' END) AS may,
    (SELECT coalesce(string_agg(pg_get_userbyid(m.roleid), ', '), '') FROM pg_catalog.pg_auth_members m
        WHERE m.member = r.oid) AS "acts as"
FROM pg_catalog.pg_roles r WHERE r.rolname IN ('clearcut_owner', 'clearcut_app', 'clearcut_ledger')""",
    # As this session has them, and as roles and databases are told to. Servers before 17 know no event_triggers.
    "setting": """
SELECT 'session_replication_role' AS name, current_setting('session_replication_role') AS setting
UNION ALL SELECT 'event_triggers', coalesce(current_setting('event_triggers', true), 'on')
UNION ALL
SELECT split_part(line, '=', 1) || ' of ' || coalesce(nullif(w.name, 'PUBLIC'), 'everybody') || ' in '
    || CASE s.setdatabase WHEN 0 THEN 'all databases' ELSE 'this database' END, split_part(line, '=', 2)
FROM pg_catalog.pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS line JOIN who w ON w.oid = s.setrole
WHERE s.setdatabase IN (0, (SELECT b.oid FROM here b))
    AND split_part(line, '=', 1) IN (SELECT t.name FROM telling t)""",
    "subscription": """
SELECT s.subname FROM pg_catalog.pg_subscription s WHERE s.subdbid = (SELECT b.oid FROM here b)""",
}

# What the lock notes of who may act as which role; no row where there is no lock.
NOTED: LiteralString = """
SELECT obj_description(e.oid, 'pg_event_trigger') FROM pg_catalog.pg_event_trigger e
WHERE e.evtname = 'clearcut_no_ddl'"""
# Who may act as a role, through another role too; superusers need no membership.
MEMBERS: LiteralString = """
SELECT o.rolname, m.rolname FROM pg_catalog.pg_roles o CROSS JOIN pg_catalog.pg_roles m
WHERE o.rolname IN ('clearcut_owner', 'clearcut_app', 'clearcut_ledger') AND m.oid <> o.oid AND NOT m.rolsuper
    AND m.rolname NOT LIKE 'pg#_%' ESCAPE '#' AND pg_has_role(m.oid, o.oid, 'MEMBER')"""
# Direct members that may more than any login needs.
POWERFUL: LiteralString = """
SELECT DISTINCT m.rolname FROM pg_catalog.pg_auth_members k JOIN pg_catalog.pg_roles m ON m.oid = k.member
WHERE k.roleid IN (SELECT o.oid FROM pg_catalog.pg_roles o WHERE o.rolname IN ('clearcut_app', 'clearcut_ledger'))
    AND (m.rolsuper OR m.rolcreaterole OR m.rolcreatedb OR m.rolreplication OR m.rolbypassrls)"""
INFORMATION: dict[str, LiteralString] = {
    "PostgreSQL": "SELECT current_setting('server_version')",
    "data checksums": "SELECT current_setting('data_checksums')",
    "extensions": "SELECT coalesce(string_agg(extname, ', ' ORDER BY extname), 'none') FROM pg_catalog.pg_extension",
    "publications": """
SELECT coalesce(string_agg(pubname, ', ' ORDER BY pubname), 'none') FROM pg_catalog.pg_publication""",
}
