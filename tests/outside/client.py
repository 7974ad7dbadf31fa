"""An outsider's tools, written from docs/interfaces.md alone: nothing of the project is imported here."""

import base64
import hashlib
import io
import json
import math
import socket
import time
import uuid
from datetime import datetime, timedelta, timezone

import httpx
from PIL import Image
from websockets.sync.client import connect

SHANGHAI = timezone(timedelta(hours=8))
PASSWORD = "envmap-demo"


def crc(data: bytes) -> str:
    """CRC-16 of HJ 212-2017 appendix A, in four capital hex digits."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _bit in range(8):
            register, low = register >> 1, register & 1
            if low:
                register ^= 0xA001
    return f"{register:04X}"


def frame(segment: str) -> bytes:
    """A whole HJ 212 frame around a data segment."""
    data = segment.encode()
    return b"##%04d" % len(data) + data + crc(data).encode() + b"\r\n"


def minute_frame(mn: str, values: dict[str, str], at: datetime, *, password="123456", flag=5, st="39") -> bytes:
    """A 2051 upload of minute means, flagged N, at the start of the minute `at`."""
    qn = datetime.now(SHANGHAI).strftime("%Y%m%d%H%M%S%f")[:17]
    items = ";".join(f"{code}-Avg={value},{code}-Flag=N" for code, value in values.items())
    return frame(
        f"QN={qn};ST={st};CN=2051;PW={password};MN={mn};Flag={flag};CP=&&DataTime={at.astimezone(SHANGHAI):%Y%m%d%H%M%S};{items}&&"
    )


def hour_frame(mn: str, values: dict[str, str], at: datetime, *, password="123456", flag=5, st="32") -> bytes:
    """A 2061 upload of hour means, flagged N, at the start of the hour `at`."""
    qn = datetime.now(SHANGHAI).strftime("%Y%m%d%H%M%S%f")[:17]
    items = ";".join(f"{code}-Avg={value},{code}-Flag=N" for code, value in values.items())
    return frame(
        f"QN={qn};ST={st};CN=2061;PW={password};MN={mn};Flag={flag};CP=&&DataTime={at.astimezone(SHANGHAI):%Y%m%d%H%M%S};{items}&&"
    )


class Monitor:
    """A data logger on one TCP connection."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), timeout=10)
        self.buffer = b""

    def send(self, data: bytes) -> None:
        """Sends bytes as they are."""
        self.socket.sendall(data)

    def answer(self, timeout: float = 10) -> str:
        """The next frame that the host sends, its data segment; checks length and CRC."""
        self.socket.settimeout(timeout)
        while b"\r\n" not in self.buffer:
            chunk = self.socket.recv(4096)
            if not chunk:
                raise ConnectionError("the gateway closed the connection")
            self.buffer += chunk
        raw, self.buffer = self.buffer.split(b"\r\n", 1)
        assert raw[:2] == b"##"
        length = int(raw[2:6])
        data, given = raw[6 : 6 + length], raw[6 + length :].decode()
        assert given == crc(data)
        return data.decode()

    def close(self) -> None:
        """Hangs up."""
        self.socket.close()


class Api:
    """REST as one person, by a token made with Basic credentials."""

    def __init__(self, base_url: str, username: str | None = None, password: str = PASSWORD) -> None:
        self.http = httpx.Client(base_url=f"{base_url}/api/v1", timeout=30, headers={"Accept-Language": "en"})
        self.token = None
        if username:
            made = self.http.post(
                "/tokens", auth=(username, password), json={"name": "outsider", "scopes": ["read", "write"]}
            )
            assert made.status_code == 201, made.text
            self.token = made.json()["token"]
            self.http.headers["Authorization"] = f"Bearer {self.token}"

    def get(self, path: str, status: int = 200, **params):
        """GET → JSON, asserting the status."""
        answer = self.http.get(path, params=params)
        assert answer.status_code == status, f"GET {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def post(self, path: str, body: dict | None = None, status: int = 200, **more):
        """POST → JSON, asserting the status."""
        answer = self.http.post(path, json=body or {}, **more)
        assert answer.status_code == status, f"POST {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None

    def press(self, number: str, verb: str, status: int = 200, **body):
        """A verb of an order, with a client_uuid of its own."""
        return self.post(f"/orders/{number}/{verb}", {"client_uuid": str(uuid.uuid4()), **body}, status)

    def upload(self, content: bytes, name: str = "photo.jpg", kind: str = "image/jpeg", status: int = 201):
        """An attachment."""
        answer = self.http.post("/attachments", files={"file": (name, content, kind)})
        assert answer.status_code == status, answer.text[:500]
        return answer.json()


class Live:
    """One WebSocket with a subscription; checks the chain of `prev` on every fact."""

    def __init__(self, ws_url: str, token: str | None = None, since: int | None = None, layers=None, bbox=None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.socket = connect(f"{ws_url}/ws/live/", additional_headers=headers, open_timeout=10, legacy=True)
        hello = self.receive(10)
        assert hello["type"] == "hello"
        self.socket.send(json.dumps({"type": "subscribe", "layers": layers, "bbox": bbox, "since": since}))
        subscribed = self.receive(10)
        assert subscribed["type"] == "subscribed"
        self.last = subscribed["seq"]
        self.facts: list[dict] = []
        self.others: list[dict] = []

    def receive(self, timeout: float) -> dict:
        """The next message as it came."""
        return json.loads(self.socket.recv(timeout=timeout))

    def wait(self, kind: str, timeout: float = 15, **wanted) -> dict:
        """The first fact of a type whose named keys have these values; those before it are kept in `facts`."""
        for fact in self.facts:
            if fact["type"] == kind and all(fact.get(k) == v for k, v in wanted.items()) and not fact.get("taken"):
                fact["taken"] = True
                return fact
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError(f"no {kind} {wanted} within {timeout} s; came: {[f['type'] for f in self.facts]}")
            message = self.receive(left)
            if "seq" not in message or "prev" not in message:
                self.others.append(message)
                continue
            assert message["prev"] == self.last, f"lost a fact before {message}"
            self.last = message["seq"]
            self.facts.append(message)
            if message["type"] == kind and all(message.get(k) == v for k, v in wanted.items()):
                message["taken"] = True
                return message

    def close(self) -> None:
        """Hangs up."""
        self.socket.close()


def _rational(value: float) -> list[tuple[int, int]]:
    degrees = int(value)
    minutes = int((value - degrees) * 60)
    return [(degrees, 1), (minutes, 1), (round(((value - degrees) * 60 - minutes) * 6000), 100)]


def photo(lon: float, lat: float, *, taken: datetime | None = None, colour=(90, 120, 80), size=(1600, 1200)) -> bytes:
    """A JPEG with EXIF position and time, as a phone makes it."""
    image = Image.new("RGB", size, colour)
    for n in range(0, size[0], 40):  # something to see in a thumbnail
        image.paste((200, 180 - n % 120, 100), (n, n % size[1], n + 20, n % size[1] + 200))
    exif = Image.Exif()
    exif[0x0112] = 1
    ifd = exif.get_ifd(0x8769)
    ifd[0x9003] = (taken or datetime.now(SHANGHAI)).strftime("%Y:%m:%d %H:%M:%S")
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N" if lat >= 0 else "S", tuple(a / b for a, b in _rational(abs(lat)))
    gps[3], gps[4] = "E" if lon >= 0 else "W", tuple(a / b for a, b in _rational(abs(lon)))
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, quality=85)
    return out.getvalue()


def check_chain(events: list[dict], head_hash: str) -> None:
    """Recomputes a trail from what the API gives and compares each promised value with the payload."""
    previous = "0" * 64
    for n, event in enumerate(events, 1):
        assert event["seq"] == n
        assert event["previous_hash"] == previous
        assert event["hash"] == hashlib.sha256(f"{previous}\n{event['payload']}".encode()).hexdigest()
        told = json.loads(event["payload"])
        assert set(told) == {
            "seq", "verb", "from", "to", "by", "at", "happened_at", "location", "accuracy", "answers", "attachments", "note_hash",
        }  # fmt: skip
        for name in ("seq", "verb", "from", "to", "at", "happened_at", "location", "accuracy", "answers"):
            assert told[name] == event[name], name
        assert told["by"] == {name: event["by"][name] for name in ("id", "department", "role")}
        assert told["attachments"] == [a["sha256"] for a in event["attachments"]]
        expected = hashlib.sha256((event["salt"] + event["note"]).encode()).hexdigest() if event["note"] else None
        assert told["note_hash"] == expected
        previous = event["hash"]
    assert previous == head_hash


def basic(username: str, password: str = PASSWORD) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def new_mn() -> str:
    """24 hex digits that nobody else has."""
    return uuid.uuid4().hex[:24].upper()


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """Column and row of the web-mercator tile that holds a point."""
    n = 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * n), int(y * n)
