"""Sends events with the generated client to the stack at FLUXA_ENDPOINT, and reads them."""

import datetime
import os
import time

from fluxa_client import AuthenticatedClient
from fluxa_client.api.default import (
    get_event, get_event_payload, get_event_status, health, ingest_batch, ingest_event, list_events,
)
from fluxa_client.models import Batch, BatchResults, Currency, Event, ListEventsStatus, Metadata, Problem, StatusPage


def event(event_id: str, amount: float = 99.9) -> Event:
    return Event(
        event_id=event_id, user_id="python", amount=amount, currency=Currency.EUR, merchant="Café",
        timestamp=datetime.datetime(2026, 1, 31, 23, 59, 59, tzinfo=datetime.timezone.utc),
        metadata=Metadata.from_dict({"order": "A-1"}),
    )


def wait_for(client: AuthenticatedClient, event_id: str) -> None:
    for _ in range(240):
        answer = get_event_status.sync_detailed(event_id, client=client)
        if answer.status_code == 200 and answer.parsed.status == "processed":
            return
        time.sleep(0.25)
    raise SystemExit(f"{event_id} is not processed after a minute")


def main() -> None:
    client = AuthenticatedClient(
        base_url=os.environ["FLUXA_ENDPOINT"], token=os.environ["FLUXA_API_KEY"],
        auth_header_name="x-api-key", prefix="", timeout=30,
    )
    assert health.sync(client=client).status == "healthy"

    accepted = ingest_event.sync(client=client, body=event("python-1"), idempotency_key="python-key")
    assert (accepted.event_id, accepted.status) == ("python-1", "enqueued"), accepted

    refused = ingest_event.sync(client=client, body=event("python-2", amount=-1))
    assert isinstance(refused, Problem) and refused.errors[0].pointer == "/amount", refused

    results = ingest_batch.sync(client=client, body=Batch(events=[event("python-3"), event("python-4", amount=-1)]))
    assert isinstance(results, BatchResults), results
    assert [r.status for r in results.results] == ["enqueued", "refused"], results

    for event_id in ("python-1", "python-3"):
        wait_for(client, event_id)
    stored = get_event.sync("python-1", client=client)
    assert (stored.amount, stored.merchant, stored.metadata["order"]) == (99.9, "Café", "A-1"), stored
    payload = get_event_payload.sync_detailed("python-1", client=client)
    assert payload.status_code == 200 and b'"python-1"' in payload.content, payload
    page = list_events.sync(client=client, user_id="python", limit=10)
    assert sorted(e.event_id for e in page.events) == ["python-1", "python-3"], page
    failures = list_events.sync(client=client, status=ListEventsStatus.FAILED)
    assert isinstance(failures, StatusPage) and failures.statuses == [], failures
    missing = get_event.sync("python-4", client=client)
    assert isinstance(missing, Problem) and missing.status == 404, missing
    print("the Python client sends and reads events")


main()
