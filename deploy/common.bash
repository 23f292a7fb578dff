# Shared by backup and restore-drill.

set -euo pipefail
umask 077

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

CAPWRIGHT_BIN=${CAPWRIGHT_BIN:-capwright}
PYTHON=${PYTHON:-python3}

is_postgres() { [[ $1 == postgresql://* || $1 == postgres://* ]]; }

# The settings' own rule: beside a SQLite journal, or in the journal's database.
people_of() {
    if [[ -n ${CAPWRIGHT_PEOPLE_DB:-} ]]; then say "$CAPWRIGHT_PEOPLE_DB"
    elif is_postgres "$1"; then say "$1"
    else say "$1.people"; fi
}

documents_of() {
    if [[ -n ${CAPWRIGHT_DOCUMENTS:-} ]]; then say "$CAPWRIGHT_DOCUMENTS"
    elif is_postgres "$1"; then say documents
    else say "$1.documents"; fi
}

# Row and hash of the last record of a journal, or of record $2: "SEQ HASH".
head_of() {
    local rows="SELECT seq, hash FROM journal ${2:+WHERE seq = $2} ORDER BY seq DESC LIMIT 1"
    if is_postgres "$1"; then
        psql --no-psqlrc --quiet --tuples-only --no-align --field-separator=' ' --dbname="$1" \
            --command="SELECT seq, encode(hash, 'hex') FROM ($rows) AS last"
    else
        "$PYTHON" - "$1" "$rows" <<'PYTHON'
import pathlib, sqlite3, sys
address = pathlib.Path(sys.argv[1]).resolve().as_uri() + "?mode=ro"
for seq, digest in sqlite3.connect(address, uri=True).execute(sys.argv[2]):
    print(seq, digest.hex())
PYTHON
    fi
}

# A field of a manifest.
field() { "$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$1" "$2"; }

sha256_of() { sha256sum "$1" | cut -d' ' -f1; }
