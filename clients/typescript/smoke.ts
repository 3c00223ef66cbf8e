// Sends events with the generated client to the stack at FLUXA_ENDPOINT, and reads them.
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const client = createClient<paths>({
  baseUrl: process.env.FLUXA_ENDPOINT,
  headers: { "x-api-key": process.env.FLUXA_API_KEY },
});

function event(id: string, amount = 99.9): components["schemas"]["Event"] {
  return {
    event_id: id, user_id: "typescript", amount, currency: "EUR", merchant: "Café",
    timestamp: "2026-01-31T23:59:59Z", metadata: { order: "A-1" },
  };
}

async function waitFor(id: string): Promise<void> {
  for (let i = 0; i < 240; i++) {
    const { data } = await client.GET("/events/{event_id}/status", { params: { path: { event_id: id } } });
    if (data?.status === "processed") return;
    await setTimeout(250);
  }
  assert.fail(`${id} is not processed after a minute`);
}

const health = await client.GET("/health");
assert.equal(health.data?.status, "healthy");

const accepted = await client.POST("/events", {
  body: event("ts-1"), params: { header: { "Idempotency-Key": "typescript-key" } },
});
assert.deepEqual(accepted.data, { event_id: "ts-1", status: "enqueued" });

const refused = await client.POST("/events", { body: event("ts-2", -1) });
assert.equal(refused.response.status, 422);
assert.equal(refused.error?.errors?.[0]?.pointer, "/amount");

const batch = await client.POST("/events/batch", { body: { events: [event("ts-3"), event("ts-4", -1)] } });
assert.equal(batch.response.status, 207);
assert.deepEqual(batch.data?.results.map((r) => r.status), ["enqueued", "refused"]);

await waitFor("ts-1");
await waitFor("ts-3");
const stored = await client.GET("/events/{event_id}", { params: { path: { event_id: "ts-1" } } });
assert.equal(stored.data?.amount, 99.9);
assert.deepEqual(stored.data?.metadata, { order: "A-1" });
const page = await client.GET("/events", { params: { query: { user_id: "typescript", limit: 10 } } });
assert.ok(page.data && "events" in page.data);
assert.deepEqual(page.data.events.map((e) => e.event_id).sort(), ["ts-1", "ts-3"]);
const failures = await client.GET("/events", { params: { query: { status: "failed" } } });
assert.deepEqual(failures.data, { statuses: [] });
const missing = await client.GET("/events/{event_id}", { params: { path: { event_id: "ts-4" } } });
assert.equal(missing.error?.status, 404);
console.log("the TypeScript client sends and reads events");
