"""Fills a local stack's tables, and compares an export with them, by DuckDB.

fill STACK EVENTS                 stores events on the three days before today, large ones
                                  among them, and prints the range of time they are in
check STACK FORMAT FOLDER FROM TO compares the export in the folder with the tables
memory STACK                      compares what the function maintain took with its memory
"""

import datetime
import json
import pathlib
import sys
import time
import urllib.request

import duckdb
import psycopg

# A stage's maintain has as much, in MiB.
MEMORY = 256
LARGE = 24

# Amounts have up to 15 digits and 4 decimals, and texts what JSON, CSV and SQL escape.
FILL = r"""
INSERT INTO events (client, event_id, created_at, received_at, ts, user_id, amount, currency, merchant, correlation_id, payload_sha256, payload)
SELECT client, id, created_at, created_at - interval '1.234567 s', created_at - interval '1 hour', 'user-' || n %% 1000, amount,
       (ARRAY['EUR', 'USD', 'JPY'])[1 + n %% 3], merchant, 'c-' || n, sha256(convert_to(payload, 'UTF8')), payload
FROM (
    SELECT *, format(E'{"user_id": "user-%%s",\t"amount":%%s,\n"metadata":{"note":"Zoë says \\"hi\\" \\\\ \\u2028 %%s","n":[%%s]}}', n %% 1000, amount, repeat('é😀x', n %% 40), n) AS payload
    FROM (
        SELECT n, (ARRAY['', 'orders', 'shop'])[1 + n %% 3] AS client, 'event-' || md5(n::text) AS id,
               %(first)s::timestamptz + (n %% 3) * interval '1 day' + n * interval '1 microsecond' * 7 AS created_at,
               CASE n %% 4 WHEN 0 THEN 1.50 WHEN 1 THEN 0.0001 WHEN 2 THEN 999999999999999.9999 ELSE n + 0.25 END AS amount,
               E'Café, "quoted"\n\\ ' || n AS merchant
        FROM generate_series(1, %(events)s) AS n
    ) AS numbered
) AS written
"""

# What the tables and the files must agree on, for each day: the hash of every field of
# every event but its payload, in one order. The payload's own hash is among them, and each
# payload of the files is compared with it.
FIELDS = "client, event_id, user_id, {amount}, currency, merchant, correlation_id, {hash}, {created}, {received}, {ts}"
OF_TABLES = """
SELECT (created_at AT TIME ZONE 'UTC')::date::text, count(*), sum(amount), md5(string_agg(concat_ws('|', {fields}), E'\\n' ORDER BY event_id COLLATE "C", client COLLATE "C"))
FROM events WHERE created_at >= %s AND created_at < %s GROUP BY 1 ORDER BY 1
"""
OF_FILES = """
SELECT date::varchar, count(*), sum({number}), md5(string_agg(concat_ws('|', {fields}), chr(10) ORDER BY event_id, client)),
       count(*) FILTER (WHERE payload IS NULL OR sha256(payload) <> payload_sha256), sum(octet_length(encode(payload)))
FROM files GROUP BY 1 ORDER BY 1
"""


def stack(path):
    return json.loads(pathlib.Path(path).read_text())


def connect(info):
    return psycopg.connect(info["database_url"], autocommit=True)


def post(info, event):
    request = urllib.request.Request(
        info["api_url"] + "/events", json.dumps(event, ensure_ascii=False).encode(),
        {"Content-Type": "application/json", "X-Api-Key": info["api_key"]},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 202, answer.status


def fill(path, events):
    info, today = stack(path), datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - datetime.timedelta(days=3)
    with connect(info) as db:
        for n in range(3):
            db.execute("SELECT make_partition(%s)", [(first + datetime.timedelta(days=n)).date()])
        db.execute(FILL, {"first": first, "events": int(events)})
        for n in range(LARGE):
            post(info, {
                "event_id": f"large-{n}", "user_id": "ada", "amount": 12.5, "currency": "EUR", "merchant": "m",
                "timestamp": "2026-01-31T12:00:00Z", "metadata": {"text": "é" * (150_000 + n * 100_000 % 2_000_000)},
            })
        until = time.monotonic() + 60
        while db.execute("SELECT count(*) FROM events WHERE payload IS NULL").fetchone()[0] < LARGE:
            assert time.monotonic() < until, "the large events are not stored after a minute"
            time.sleep(0.2)
        db.execute("UPDATE events SET created_at = %s WHERE payload IS NULL", [first])
    print(first.strftime("%Y-%m-%dT00:00:00Z"), today.strftime("%Y-%m-%dT00:00:00Z"))


def of_tables(info, begin, end):
    def micros(column):
        return f"(extract(epoch from {column}) * 1000000)::bigint"

    fields = FIELDS.format(
        amount="amount::text", hash="encode(payload_sha256, 'hex')", created=micros("created_at"), received=micros("received_at"), ts=micros("ts")
    )
    with connect(info) as db:
        return db.execute(OF_TABLES.format(fields=fields), [begin, end]).fetchall()


def of_files(file_format, folder):
    def micros(column):
        return f"epoch_us({column})" if file_format == "parquet" else f"epoch_us({column}::timestamp)"

    db = duckdb.connect()
    if file_format == "parquet":
        files, number = f"read_parquet('{folder}/*/*.parquet', hive_partitioning = true)", "amount_decimal"
    else:
        names = "client event_id created_at received_at ts user_id amount currency merchant correlation_id payload_sha256 payload"
        columns = ", ".join(f"{name}: 'VARCHAR'" for name in names.split())
        files = f"read_json('{folder}/*/*.ndjson.gz', format = 'newline_delimited', columns = {{{columns}}}, hive_partitioning = true)"
        number = "amount::decimal(19,4)"
    db.execute(f"CREATE VIEW files AS SELECT * FROM {files}")
    fields = FIELDS.format(amount="amount", hash="payload_sha256", created=micros("created_at"), received=micros("received_at"), ts=micros("ts"))
    return db.execute(OF_FILES.format(number=number, fields=fields)).fetchall()


def check(path, file_format, folder, begin, end):
    manifest = json.loads(pathlib.Path(folder, "manifest.json").read_text())
    tables, files = of_tables(stack(path), begin, end), of_files(file_format, folder)
    assert len(tables) == 3 and [row[:4] for row in files] == tables, f"the tables have\n{tables}\nand the files\n{files}"
    assert all(row[4] == 0 for row in files), f"payloads are missing or differ: {files}"
    events = sum(row[1] for row in files)
    assert manifest["complete"] and manifest["events"] == events == sum(f["events"] for f in manifest["files"]), manifest
    assert manifest["bytes"] == sum(pathlib.Path(folder, f["path"]).stat().st_size for f in manifest["files"]), manifest
    print(f"{file_format}: {events:,} events in {len(manifest['files'])} files of {manifest['bytes']:,} bytes, {sum(row[5] for row in files):,} bytes of payloads, "
          f"amounts of {sum(row[2] for row in files):,}: as in the tables")


def memory(path):
    program = pathlib.Path("dist/bin/maintain").resolve()
    peaks = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if (process / "exe").resolve() == program and parent == stack(path)["pid"]:
                peaks += [int(line.split()[1]) for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM")]
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    assert peaks, "the function maintain does not run"
    print(f"maintain took {max(peaks) / 1024:.0f} MiB of {MEMORY}")
    assert max(peaks) < MEMORY << 10


if __name__ == "__main__":
    {"fill": fill, "check": check, "memory": memory}[sys.argv[1]](*sys.argv[2:])
