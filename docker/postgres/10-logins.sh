#!/bin/sh
# Runs once, when the database is first made. What these logins may do is granted by `manage.py setup`, and only to
# sessions that take the role they were given by name: hence NOINHERIT.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
	--set web="$CLEARCUT_WEB_PASSWORD" --set ledger="$CLEARCUT_LEDGER_PASSWORD" <<'SQL'
CREATE ROLE clearcut_web_login LOGIN NOINHERIT PASSWORD :'web';
CREATE ROLE clearcut_ledger_login LOGIN NOINHERIT PASSWORD :'ledger';
SQL
