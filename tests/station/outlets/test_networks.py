"""Web hooks, MQTT and TAK against real peers on loopback; what a bad answer, a time-out and a refusal do."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.server
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from lxml import etree

from marsad.station.outlets.mqtt import MqttChannel
from marsad.station.outlets.tak import TakChannel
from marsad.station.outlets.webhook import WebhookChannel
from outlet_kit import Clock, message, trial

SECRET = b"a secret of the test"


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes] | None = None) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            raise AssertionError(f"the server ended with {process.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return
        time.sleep(0.05)
    raise AssertionError("the server did not come up")


class Receiver(http.server.BaseHTTPRequestHandler):
    answers: ClassVar[list[int]] = []
    got: ClassVar[list[tuple[dict[str, str], bytes]]] = []
    delay_s = 0.0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).got.append((dict(self.headers), body))
        time.sleep(self.delay_s)
        code = self.answers.pop(0) if self.answers else 200
        with contextlib.suppress(OSError):
            self.send_response(code)
            if code == 302:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[type[Receiver]]:
    class Mine(Receiver):
        answers: ClassVar[list[int]] = []
        got: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mine)
    Mine.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Mine
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_web_hook_is_signed_and_holds_decision_and_cap(web: type[Receiver]) -> None:
    receipt = WebhookChannel("w", web.url, SECRET).deliver(message())
    assert receipt.delivered
    headers, body = web.got[0]
    assert headers["X-Marsad-Signature"] == "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert told["kind"] == headers["X-Marsad-Kind"] == "actual"
    assert told["warning"]["level"] == "take_shelter"
    assert "<alert" in told["cap"]


@pytest.mark.parametrize(
    "answers, delivered, requests, words",
    [
        ([500, 200], True, 2, "200"),
        ([500, 503], False, 2, "503"),
        ([403], False, 1, "403"),
        ([302], False, 1, "302"),
    ],
)
def test_what_a_bad_answer_does(
    web: type[Receiver], answers: list[int], delivered: bool, requests: int, words: str
) -> None:
    web.answers.extend(answers)
    receipt = WebhookChannel("w", web.url, SECRET).deliver(message())
    assert (receipt.delivered, len(web.got)) == (delivered, requests)
    assert words in receipt.detail


def test_silence_and_refusal_are_failures_with_a_reason(web: type[Receiver], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marsad.station.outlets.webhook.TIMEOUT_S", 0.2)
    monkeypatch.setattr(web, "delay_s", 0.6)
    receipt = WebhookChannel("w", web.url, SECRET).deliver(message())
    assert not receipt.delivered
    assert "timed out" in receipt.detail
    refused = WebhookChannel("w", f"http://127.0.0.1:{free_port()}/", SECRET).probe()
    assert not refused.delivered
    assert "refused" in refused.detail


def test_a_receiver_that_drips_is_cut_off_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marsad.station.outlets.webhook.TIMEOUT_S", 0.3)
    monkeypatch.setattr("marsad.station.outlets.webhook.REPEAT_AFTER_S", 0.05)
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        while True:
            try:
                line = listening.accept()[0]
            except OSError:
                return
            with contextlib.suppress(OSError), line:
                line.recv(65536)
                for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000:
                    line.sendall(bytes([byte]))
                    time.sleep(0.05)  # far more often than the time-out of a read

    threading.Thread(target=drip, daemon=True).start()
    began = time.monotonic()
    receipt = WebhookChannel("w", f"http://127.0.0.1:{listening.getsockname()[1]}/", SECRET).deliver(message())
    listening.close()
    assert not receipt.delivered
    assert "timed out" in receipt.detail
    assert time.monotonic() - began < 2.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        pytest.skip("no MQTT broker on this machine: apt-get install mosquitto")
    pytest.importorskip("paho.mqtt.client", reason="pip install 'marsad[channels]'")
    port = free_port()
    (tmp_path / "m.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    process = subprocess.Popen(
        [program, "-c", tmp_path / "m.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        yield port, process
    finally:
        process.terminate()
        process.wait(10)


def test_mqtt_keeps_each_zones_state_for_who_comes_later(broker: tuple[int, subprocess.Popen[bytes]]) -> None:
    from paho.mqtt import subscribe

    out = MqttChannel("b", "127.0.0.1", broker[0])
    try:
        assert out.deliver(message()).delivered
        receipt = out.deliver(message("all_clear"))
        assert receipt.delivered, receipt.detail
        found = subscribe.simple("marsad/actual/zones/+", hostname="127.0.0.1", port=broker[0])
        assert found.topic == "marsad/actual/zones/camp"
        assert json.loads(found.payload)["warning"]["level"] == "all_clear"
    finally:
        out.close()


def test_mqtt_without_a_broker_fails_and_comes_back_with_it(
    broker: tuple[int, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    port, process = broker
    out = MqttChannel("b", "127.0.0.1", port)
    try:
        assert out.probe().delivered
        process.terminate()
        process.wait(10)
        began = time.monotonic()
        receipt = out.deliver(message())
        assert not receipt.delivered
        assert time.monotonic() - began < 3
        again = subprocess.Popen(
            [process.args[0], "-c", tmp_path / "m.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            wait_for(port, again)
            end = time.monotonic() + 15
            while not (back := out.deliver(message())).delivered and time.monotonic() < end:
                time.sleep(0.2)
            assert back.delivered
        finally:
            again.terminate()
            again.wait(10)
    finally:
        out.close()


@pytest.fixture
def taky(tmp_path: Path) -> Iterator[int]:
    program = Path(sys.executable).with_name("taky")
    if not program.exists():
        pytest.skip("no TAK server in this environment: pip install taky")
    port = free_port()
    (tmp_path / "taky.conf").write_text(
        f"[taky]\nnode_id=T\nbind_ip=127.0.0.1\npublic_ip=127.0.0.1\nredis=false\nroot_dir={tmp_path}\n"
        f"[cot_server]\nport={port}\nlog_cot=\nmax_persist_ttl=-1\n[dp_server]\nupload_path={tmp_path}\n"
        "[ssl]\nenabled=false\n"
    )
    process = subprocess.Popen(
        [program, "-c", tmp_path / "taky.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path
    )
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def hello(uid: str) -> bytes:
    now = "2030-01-01T00:00:00.000Z"
    return (
        f'<event version="2.0" uid="{uid}" type="a-f-G-U-C" time="{now}" start="{now}" '
        'stale="2036-01-01T00:00:00.000Z" how="m-g">'
        '<point lat="30" lon="20" hae="0" ce="10" le="10"/>'
        f'<detail><contact callsign="{uid}"/><takv platform="t" version="1" device="d" os="o"/>'
        '<__group name="Cyan" role="Team Member"/></detail></event>'
    ).encode()


def test_a_tak_server_passes_the_alarm_on_to_its_users(taky: int) -> None:
    clock = Clock(time.time_ns())
    with socket.create_connection(("127.0.0.1", taky), timeout=5) as user:
        user.sendall(hello("guard-1"))
        time.sleep(0.5)
        out = TakChannel("t", "127.0.0.1", taky, "plant", clock)
        assert out.probe().delivered
        for level in ("take_shelter", "all_clear"):
            receipt = out.deliver(message(level, now_ns=clock.now_ns))
            assert receipt.delivered, receipt.detail
        heard, end = b"", time.monotonic() + 5
        while heard.count(b"incident-R1") < 4 and time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                user.settimeout(0.5)
                heard += user.recv(65536)
        out.close()
    events = [e + b"</event>" for e in heard.split(b"</event>") if b"incident-R1" in e]
    parsed = [etree.fromstring(e[e.index(b"<event") :]) for e in events]
    assert [e.get("type") for e in parsed] == ["b-a-o-tbl", "b-a-o-can"]
    assert parsed[0].get("uid") == parsed[1].get("uid") == "plant.incident-R1.camp"
    assert "احتموا" in parsed[0].findtext("detail/remarks")


def test_no_tak_server_is_a_failure() -> None:
    receipt = TakChannel("t", "127.0.0.1", free_port(), "plant", Clock()).deliver(message())
    assert not receipt.delivered
    assert "refused" in receipt.detail.lower()


def test_a_test_by_web_hook_is_no_warning(web: type[Receiver]) -> None:
    receipt = WebhookChannel("w", web.url, SECRET).test(trial())
    assert receipt.delivered
    told = json.loads(web.got[0][1])
    assert told["type"] == "test"
    assert "warning" not in told
    assert "<status>Test</status>" in told["cap"]


def test_a_test_by_mqtt_touches_no_zone(broker: tuple[int, subprocess.Popen[bytes]]) -> None:
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    heard: list[tuple[str, bytes, bool]] = []
    subscribed = threading.Event()
    listener = Client(CallbackAPIVersion.VERSION2)
    listener.on_message = lambda _c, _u, m: heard.append((m.topic, m.payload, m.retain))
    listener.on_subscribe = lambda *_: subscribed.set()
    listener.connect("127.0.0.1", broker[0])
    listener.loop_start()
    listener.subscribe("marsad/#", qos=1)
    out = MqttChannel("b", "127.0.0.1", broker[0])
    try:
        assert subscribed.wait(5)
        assert out.test(trial()).delivered
        end = time.monotonic() + 5
        while not heard and time.monotonic() < end:
            time.sleep(0.02)
        assert [topic for topic, _, _ in heard] == ["marsad/actual/test"]
        assert json.loads(heard[0][1])["headline"]["en"].startswith("TEST")
    finally:
        out.close()
        listener.disconnect()
        listener.loop_stop()


def test_a_test_reaches_tak_users_as_a_point_that_says_so(taky: int) -> None:
    clock = Clock(time.time_ns())
    with socket.create_connection(("127.0.0.1", taky), timeout=5) as user:
        user.sendall(hello("guard-1"))
        time.sleep(0.5)
        out = TakChannel("t", "127.0.0.1", taky, "plant", clock)
        receipt = out.test(trial(clock.now_ns))
        assert receipt.delivered, receipt.detail
        heard, end = b"", time.monotonic() + 5
        while b"test-1" not in heard and time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                user.settimeout(0.5)
                heard += user.recv(65536)
        out.close()
    assert b'callsign="TEST Plant"' in heard
    assert b"emergency" not in heard
    assert b"b-a-o" not in heard
