// Listens to the stream of the console and shows what it tells: numbers by their name in
// data-n, flows of the picture, charts. Lists are parts of the page that htmx fetches when
// it is told to refresh.
(() => {
  "use strict";
  const body = document.body;
  const live = document.getElementById("live");
  const liveText = document.getElementById("live-text");
  const failed = document.getElementById("failed");
  const history = { points: [] };
  let charts = [];
  let ticks = 0;
  let letters = null;

  const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
  const rate = (v) => (v < 10 ? v.toFixed(1) : grouped.format(v));
  const span = (ms) => {
    if (ms == null) return "–";
    if (ms < 1) return "<1 ms";
    if (ms < 999.5) return ms.toFixed(ms < 10 ? 1 : 0) + " ms";
    if (ms < 60000) return (ms / 1000).toFixed(1) + " s";
    if (ms < 3600000) return Math.round(ms / 60000) + " min";
    return (ms / 3600000).toFixed(1) + " h";
  };
  const total = (q) => q.visible + q.in_flight + q.delayed;

  function texts(t) {
    const n = t.now;
    return {
      requests: rate(n.accepted + n.refused), accepted: rate(n.accepted), taken: rate(n.stored + n.retried + n.dlq),
      stored: rate(n.stored), dlq_rate: rate(n.dlq), notified: rate(n.notified) + "/s", notified_rate: rate(n.notified),
      ingest_ms: span(n.ingest_ms), process_ms: span(n.process_ms), database_ms: span(n.database_ms),
      refused: rate(n.refused) + "/s refused", retried: rate(n.retried) + "/s retried", reads: rate(n.reads) + "/s reads",
      whole_ms: n.whole_ms == null ? "after the commit" : span(n.whole_ms) + " after 202",
      stored_note: rate(n.stored) + "/s stored",
      queue: grouped.format(total(t.depths.events)), queue_age: total(t.depths.events) ? "oldest " + span(t.ages.events * 1000) : "nothing waits",
      dlq: grouped.format(total(t.depths.dlq)), dlq_note: total(t.depths.dlq) ? "to look at" : "empty",
    };
  }

  function show(t) {
    const values = texts(t);
    for (const element of document.querySelectorAll("[data-n]")) {
      let name = element.dataset.n;
      const flow = element.closest("[data-flow]");
      if (flow && values[name + "_rate"] !== undefined) name += "_rate";
      let text = values[name];
      if (text === undefined) continue;
      if (!flow && element.closest(".node") && (name === "requests")) text += "/s";
      if (element.textContent !== text) element.textContent = text;
      if ("hideZero" in element.dataset) element.hidden = text === "0";
    }
    const rates = { requests: t.now.accepted + t.now.refused, accepted: t.now.accepted, taken: t.now.stored + t.now.retried + t.now.dlq,
      stored: t.now.stored, notified: t.now.notified, dlq: t.now.dlq, redriven: 0 };
    for (const flow of document.querySelectorAll("[data-flow]")) {
      const r = rates[flow.dataset.flow];
      flow.classList.toggle("on", r > 0);
      flow.style.setProperty("--pace", Math.max(.7, 2.6 - Math.log10(1 + r) * .7).toFixed(2) + "s");
    }
    for (const node of document.querySelectorAll(".node.dlq")) node.classList.toggle("some", total(t.depths.dlq) > 0);
  }

  function remember(points) {
    const first = points.length ? points[0].at : Infinity;
    const old = history.points;
    while (old.length && old[old.length - 1].at >= first) old.pop();
    old.push(...points);
    if (old.length > 300) old.splice(0, old.length - 300);
  }

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const kinds = {
    rates: {
      axis: (v) => (v >= 1000 ? v / 1000 + "k" : v),
      value: (u, v) => (v == null ? "–" : grouped.format(v)),
      series: [["accepted", "accepted", "--accepted"], ["stored", "stored", "--stored"], ["refused", "refused", "--refused", true], ["retried", "retried", "--retried", true], ["to the DLQ", "dlq", "--dlq", true]],
    },
    latency: {
      axis: (v) => span(v).replace("<1 ms", "0"),
      value: (u, v) => span(v),
      series: [["ingest p50", "ingest_p50", "--accepted"], ["ingest p99", "ingest_p99", "--refused"], ["to committed p50", "whole_p50", "--stored"], ["to committed p99", "whole_p99", "--retried"]],
    },
  };

  function draw() {
    if (typeof uPlot === "undefined") return;
    for (const chart of charts) chart.plot.destroy();
    charts = [];
    for (const place of document.querySelectorAll("[data-chart]")) {
      const kind = kinds[place.dataset.chart];
      const grid = { stroke: color("--line"), width: 1 };
      const font = "12px system-ui, sans-serif";
      const plot = new uPlot({
        width: place.clientWidth, height: 210,
        cursor: { y: false, points: { size: 6 } },
        scales: { y: { range: (u, min, max) => [0, Math.max(1, (max || 0) * 1.1)] } },
        axes: [
          { stroke: color("--muted"), grid: { show: false }, ticks: grid, font, values: (u, at) => at.map((s) => new Date(s * 1000).toTimeString().slice(0, 8)), space: 66 },
          { stroke: color("--muted"), grid, ticks: { show: false }, font, size: 56, values: (u, v) => v.map(kind.axis) },
        ],
        series: [{ label: "time", value: (u, s) => (s == null ? "–" : new Date(s * 1000).toTimeString().slice(0, 8)) },
          ...kind.series.map(([label, , stroke, rare]) => ({ label, stroke: color(stroke), width: 1.75, spanGaps: !rare, points: { show: Boolean(rare), size: 5, fill: color(stroke) }, value: kind.value }))],
      }, data(kind), place);
      charts.push({ plot, kind, place });
    }
  }
  // What is rare is drawn when there is some, and leaves the zero line to the others.
  const data = (kind) => [history.points.map((p) => p.at), ...kind.series.map(([, field, , rare]) => history.points.map((p) => (rare ? p[field] || null : p[field])))];

  function refresh(t) {
    const busy = document.activeElement && document.activeElement.closest("table, .notices, .log, details[open]");
    if (!busy && !String(getSelection())) body.dispatchEvent(new CustomEvent("refresh"));
    if (ticks++ % 15 === 14) body.dispatchEvent(new CustomEvent("slow"));
    const now = total(t.depths.dlq);
    if (letters !== null && letters !== now) body.dispatchEvent(new CustomEvent("dlq"));
    letters = now;
  }

  function state(name, text) {
    if (live.dataset.state === name) return;
    live.dataset.state = name;
    liveText.textContent = text;
  }

  const source = new EventSource(body.dataset.stream);
  source.onmessage = (message) => {
    const t = JSON.parse(message.data);
    state("live", "live");
    remember(t.points);
    failed.hidden = !t.failed;
    failed.textContent = t.failed || "";
    if (document.hidden) return;
    show(t);
    for (const chart of charts) chart.plot.setData(data(chart.kind));
    refresh(t);
  };
  source.onerror = () => state("lost", "connection lost");
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    for (const chart of charts) chart.plot.setSize({ width: chart.place.clientWidth, height: 210 });
  });

  // An event is followed until nothing more is expected of it, or for two minutes: each look
  // is a search of the logs.
  const until = Date.now() + 120000;
  body.addEventListener("htmx:afterSwap", (event) => {
    const trace = event.target.closest && event.target.closest("[data-follow]");
    if (trace && trace.querySelector("[data-settled]")) trace.removeAttribute("data-follow");
  });
  body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id === "trace" && (!event.target.hasAttribute("data-follow") || Date.now() > until)) event.preventDefault();
  });

  for (const button of document.querySelectorAll("[data-example]")) {
    button.addEventListener("click", () => {
      document.getElementById("payload").value = button.dataset.example;
      const past = document.getElementById("past");
      if (past) past.checked = "past" in button.dataset;
    });
  }
})();
