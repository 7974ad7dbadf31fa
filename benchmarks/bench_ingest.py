"""Ingest: readings acknowledged a second against bare COPY, an honest client's p95, alarm latency, gateway memory.

`make bench` runs it against an instance of its own. Rounds of the gateway and of COPY are interleaved, so that a busy
machine slows both; the JSON carries every round beside the medians.
"""

import asyncio
import json
import os
import platform
import statistics
import time
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "envmap.settings")
django.setup()

import httpx  # noqa: E402
import psycopg  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from websockets.asyncio.client import connect  # noqa: E402

from benchmarks.load import FACTORS, Pipe, flood, frame, percentile, row  # noqa: E402
from envmap.accounts.asker import SYSTEM  # noqa: E402
from envmap.core.clock import SHANGHAI  # noqa: E402
from layers.catalogue.models import Feature  # noqa: E402
from layers.sensors import actions, queries  # noqa: E402
from layers.sensors.models import Reading, Station  # noqa: E402

ROUNDS, STATIONS, FRAMES, CONNECTIONS, WINDOW = 5, 100, 10_000, 20, 100
HONEST_FRAMES, HOSTILE, HOSTILE_FROM = 300, 50, "127.0.0.2"
ALARMS, READINGS_A_SECOND = 100, 500
PORT = settings.HJ212_PORT
START = datetime.now(SHANGHAI).replace(second=0, microsecond=0)


def stations(name: str, count: int, feature: Feature | None = None) -> list[Station]:
    """Stations of this run only."""
    place = {"layer": feature.layer.key, "feature": feature.code} if feature else {}
    made = []
    for number in range(count):
        mn = f"BE{name}{os.getpid():X}{number:04X}".ljust(24, "0")[:24]
        made.append(
            actions.make_station(
                by=SYSTEM, mn=mn, name=f"bench {name} {number}", protocol="hj212", st="39", password="123456", **place
            )
        )
    return made


def gateway_pid() -> int:
    """The gateway's process, by its own word."""
    deadline = time.monotonic() + 30
    while not (figures := queries.gateway_figures()):
        assert time.monotonic() < deadline, "no gateway speaks"
        time.sleep(0.1)
    return int(figures["pid"])


def memory(pid: int) -> dict[str, float]:
    """Resident megabytes now and at most."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    return {name: round(int(told[key].split()[0]) / 1024, 1) for name, key in (("now", "VmRSS"), ("peak", "VmHWM"))}


async def pushed(made: list[Station], round_number: int) -> float:
    """Send a round's frames over all connections; the seconds from the first byte to the last answer."""
    minutes = FRAMES // len(made)
    frames: list[list[bytes]] = [[] for _ in range(CONNECTIONS)]
    for number, station in enumerate(made):
        for minute in range(minutes):
            at = START - timedelta(minutes=round_number * minutes + minute + 1)
            frames[number % CONNECTIONS].append(frame(station.mn, at, number * minutes + minute))
    pipes = [await Pipe.open(PORT) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    await asyncio.gather(*(pipe.push(own, WINDOW) for pipe, own in zip(pipes, frames, strict=True)))
    seconds = time.perf_counter() - began
    for pipe in pipes:
        pipe.close()
    return seconds


def copied(made: list[Station], rows_at_once: int | None) -> float:
    """COPY the same number of rows into an equal table; the seconds it takes, commits included."""
    minutes = FRAMES // len(made)
    rows = [
        row(station.pk, factor, START - timedelta(minutes=minute))
        for minute in range(minutes)
        for station in made
        for factor in FACTORS
    ]
    step = rows_at_once or len(rows)
    with psycopg.connect(os.environ.get("ENVMAP_MIGRATE_URL") or os.environ["DATABASE_URL"]) as link:
        link.execute("DROP TABLE IF EXISTS bench_reading")
        link.execute("CREATE TABLE bench_reading (LIKE sensors_reading INCLUDING ALL)")
        link.execute("ALTER TABLE bench_reading ADD FOREIGN KEY (station_id) REFERENCES sensors_station (id)")
        link.commit()
        began = time.perf_counter()
        for start in range(0, len(rows), step):
            with link.cursor().copy("COPY bench_reading FROM STDIN") as copy:
                for one in rows[start : start + step]:
                    copy.write_row(one)
            link.commit()
        seconds = time.perf_counter() - began
        link.execute("DROP TABLE bench_reading")
    return seconds


def throughput() -> dict[str, object]:
    """Readings acknowledged a second, against bare COPY at once and in the gateway's batches."""
    made = stations("A", STATIONS)
    rows = FRAMES * len(FACTORS)
    rounds: dict[str, list[float]] = {"gateway": [], "copy": [], "copy_500": []}
    for number in range(ROUNDS):
        rounds["gateway"].append(rows / asyncio.run(pushed(made, number)))
        rounds["copy"].append(rows / copied(made, None))
        rounds["copy_500"].append(rows / copied(made, 500))
    # The demo's heartbeat speaks for new stations too, at later times.
    stored = Reading.objects.filter(station__in=made, kind="minute", factor__in=FACTORS, time__lt=START).count()
    assert stored == rows * ROUNDS, f"{stored} of {rows * ROUNDS} acknowledged readings are there"
    medians = {name: round(statistics.median(values)) for name, values in rounds.items()}
    return {
        "readings_per_round": rows,
        "readings_per_second": medians,
        "share_of_copy": round(medians["gateway"] / medians["copy"], 3),
        "share_of_copy_500": round(medians["gateway"] / medians["copy_500"], 3),
        "rounds": {name: [round(value) for value in values] for name, values in rounds.items()},
    }


async def honest(made: list[Station], first: int) -> list[float]:
    """One frame after the other from one honest client; seconds for each answer."""
    pipe = await Pipe.open(PORT)
    waits = []
    for number in range(HONEST_FRAMES):
        station = made[number % len(made)]
        at = START - timedelta(minutes=first + number // len(made) + 1)
        waits.append(await pipe.ask(frame(station.mn, at, number)))
    pipe.close()
    return waits


async def beside_hostile(made: list[Station]) -> tuple[list[float], int]:
    """The same beside hostile clients; and the bytes that those got rid of."""
    stop = asyncio.Event()
    attacks = [asyncio.create_task(flood(PORT, stop, HOSTILE_FROM, number)) for number in range(HOSTILE)]
    await asyncio.sleep(0.5)
    waits = await honest(made, 1000)
    stop.set()
    return waits, sum(await asyncio.gather(*attacks))


def waits(pid: int) -> dict[str, object]:
    """p50 and p95 of an honest client alone and beside hostile ones, with the gateway's memory."""
    made = stations("B", 10)
    alone = asyncio.run(honest(made, 0))
    before = memory(pid)
    attacked, taken = asyncio.run(beside_hostile(made))
    after = memory(pid)
    return {
        "alone_ms": {"p50": _ms(percentile(alone, 0.5)), "p95": _ms(percentile(alone, 0.95))},
        "beside_hostile_ms": {"p50": _ms(percentile(attacked, 0.5)), "p95": _ms(percentile(attacked, 0.95))},
        "hostile_clients": HOSTILE,
        "hostile_megabytes": round(taken / 1e6, 1),
        "gateway_memory_mb": {"before": before, "after": after},
    }


async def background(made: list[Station], stop: asyncio.Event) -> int:
    """A steady stream of readings; how many were acknowledged."""
    pipe, sent = await Pipe.open(PORT), 0
    frames_a_second = READINGS_A_SECOND // len(FACTORS)
    began = time.perf_counter()
    while not stop.is_set():
        due = int((time.perf_counter() - began) * frames_a_second) - sent
        if due > 0:
            batch = []
            for number in range(sent, sent + due):
                station, minute = made[number % len(made)], number // len(made)
                batch.append(frame(station.mn, START - timedelta(minutes=2000 + minute), number))
            await pipe.push(batch, due)
            sent += due
        await asyncio.sleep(0.005)
    pipe.close()
    return sent * len(FACTORS)


async def alarms(station: Station, noise: list[Station], token: str, base: str) -> tuple[list[float], float]:
    """Milliseconds from the last byte of an exceeding frame to the fact on a socket, and the background's true rate."""
    stop, waits = asyncio.Event(), []
    began = time.perf_counter()
    stream = asyncio.create_task(background(noise, stop))
    pipe = await Pipe.open(PORT)
    url = base.replace("http", "ws", 1).rstrip("/") + "/ws/live/"
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        await socket.recv()
        await socket.send(json.dumps({"type": "subscribe", "layers": None, "bbox": None, "since": None}))
        for number in range(ALARMS):
            at = START - timedelta(minutes=2 * (ALARMS - number))
            for minute, value, kind in ((0, "0.9", "alarm.raised"), (1, "0.01", "alarm.cleared")):
                sent = time.perf_counter()
                asking = asyncio.create_task(
                    pipe.ask(frame(station.mn, at + timedelta(minutes=minute), 2 * number + minute, value=value))
                )
                while True:
                    fact = json.loads(await asyncio.wait_for(socket.recv(), 30))
                    if fact.get("type") == kind and fact.get("station") == station.mn:
                        break
                if kind == "alarm.raised":
                    waits.append(time.perf_counter() - sent)
                await asking
    stop.set()
    pipe.close()
    acknowledged = await stream
    return waits, acknowledged / (time.perf_counter() - began)


def latency() -> dict[str, object]:
    """From the last byte of an exceeding frame to the WebSocket message."""
    base = os.environ.get("ENVMAP_BENCH_URL", f"http://127.0.0.1:{settings.HTTP_PORT}")
    made = httpx.post(
        f"{base.rstrip('/')}/api/v1/tokens", auth=("officer", "envmap-demo"), json={"name": "bench", "scopes": ["read"]}
    )
    made.raise_for_status()
    site = Feature.objects.select_related("layer").filter(layer__key="dust-sites", deleted_at=None).first()
    assert site is not None, "the demo has no dust site"
    (station,) = stations("C", 1, site)
    found, rate = asyncio.run(alarms(station, stations("D", 50), made.json()["token"], base))
    return {
        "alarms": len(found),
        "readings_a_second_beside": round(rate),
        "frame_to_socket_ms": {
            "p50": _ms(percentile(found, 0.5)),
            "p95": _ms(percentile(found, 0.95)),
            "max": _ms(max(found)),
        },
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def main() -> None:
    """Measure, print, and write JSON."""
    actions.make_partitions()
    pid = gateway_pid()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), current_setting('synchronous_commit')")
        version, synchronous = cursor.fetchone()
    result: dict[str, object] = {
        "machine": {"cpus": os.cpu_count(), "load": os.getloadavg(), "python": platform.python_version()},
        "postgresql": {"version": version, "synchronous_commit": synchronous},
        "throughput": throughput(),
        "honest_client": waits(pid),
        "memory_mb": memory(pid),
    }
    if urlsplit(os.environ.get("ENVMAP_BENCH_URL", "")).netloc:
        result["alarm_latency"] = latency()
    text = json.dumps(result, indent=2, ensure_ascii=False)
    print(text)
    folder = Path(os.environ.get("ENVMAP_BENCH_RESULTS", str(Path(settings.VAR) / "bench")))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ingest.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
