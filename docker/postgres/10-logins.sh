#!/bin/sh
# Runs once, when the database is first made. What these logins may do is granted by `manage.py setup`.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
	--set web="$CLEARCUT_WEB_PASSWORD" --set ledger="$CLEARCUT_LEDGER_PASSWORD" <<'SQL'
CREATE ROLE clearcut_web_login LOGIN PASSWORD :'web';
CREATE ROLE clearcut_ledger_login LOGIN PASSWORD :'ledger';
SQL
