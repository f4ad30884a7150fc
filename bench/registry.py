"""The benchmarks: one file and one line each."""

from typing import Final

from bench import (
    cold_start,
    command_requests,
    convergence,
    cosmos_server,
    event_hubs_server,
    forwarder,
    functions_server,
    lag,
    own_work,
    pipeline,
    plain_throughput,
    projectors,
    rebuild,
    sealing,
    telemetry,
    warm_command,
)
from bench.figures import Benchmark

BENCHMARKS: Final = (
    Benchmark("pipeline", "From POST to the read model", pipeline.run),
    Benchmark("lag", "How far the read model is behind", lag.run),
    Benchmark("command-requests", "What a command asks of Cosmos DB", command_requests.run),
    Benchmark("plain-throughput", "Commands on long histories", plain_throughput.run),
    Benchmark("projectors", "Projections, a batch at a time", projectors.run),
    Benchmark("forwarder", "From the change feed to the hub", forwarder.run),
    Benchmark("rebuild", "A projection built anew", rebuild.run),
    Benchmark("convergence", "Until read models agree with the log", convergence.run),
    Benchmark("warm-command", "A warm command over HTTP", warm_command.run),
    Benchmark("own-work", "A command without the SDK's call", own_work.run),
    Benchmark("sealing", "What sealing and the hash chain cost", sealing.run),
    Benchmark("telemetry", "What telemetry costs", telemetry.run),
    Benchmark("cold-start", "Cold start", cold_start.run),
    Benchmark("cosmos", "The local Cosmos DB", cosmos_server.run),
    Benchmark("event-hubs", "The local Event Hubs", event_hubs_server.run),
    Benchmark("functions", "The local Functions host", functions_server.run),
)
