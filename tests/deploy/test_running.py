"""What a running instance leaves behind when it, or a part of it, is killed: nothing; and it can be started again."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from deploy.processes import descendants
from tests.stack import ROOT, instance_environment, make_folder, remove, start_stack, wait_for

pytestmark = pytest.mark.stack


def all_of(running) -> set[int]:
    """The start script and every process under it."""
    return {running.process.pid, *descendants(running.process.pid)}


def alive(pids: set[int]) -> set[int]:
    """Those that still run (a zombie waits only for its parent to look)."""
    living = set()
    for pid in pids:
        stat = Path(f"/proc/{pid}/stat")
        try:
            if stat.read_text().rsplit(")", 1)[1].split()[0] != "Z":
                living.add(pid)
        except OSError:
            continue
    return living


@pytest.fixture(scope="module")
def other():
    running = start_stack(ENVMAP_DEMO="0", ENVMAP_TRUSTED_PROXIES="127.0.0.1")
    yield running
    running.stop()


@pytest.fixture
def own_stack(other):
    """An instance that a test may kill: the next test starts it again, which must work each time."""
    if other.process.poll() is not None:
        other.start_again()
    return other


def test_a_typed_ctrl_c_leaves_no_process(own_stack):
    before = all_of(own_stack)
    assert len(before) > 8
    os.killpg(own_stack.process.pid, signal.SIGINT)  # what a terminal does: the whole foreground group
    assert own_stack.process.wait(timeout=120) == 0
    assert alive(before) == set()
    assert "database system is shut down" in (own_stack.var / "log" / "postgres.log").read_text()


def test_a_killed_supervisor_leaves_no_process_and_says_so(own_stack):
    before = all_of(own_stack)
    own_stack.kill("supervisor")
    assert own_stack.process.wait(timeout=60) == 1
    assert alive(before) == set()
    assert "The supervisor was killed" in own_stack.output.read_text()


def test_a_killed_start_script_leaves_no_process_and_the_next_start_works(own_stack):
    before = all_of(own_stack)
    own_stack.process.kill()
    own_stack.process.wait()
    wait_for(lambda: not alive(before), 60, "everything to end")
    own_stack.start_again()
    assert "Migrating" not in own_stack.output.read_text(), "what has been done is not done again"


def test_a_first_start_killed_at_any_step_can_be_repeated(tmp_path):
    folder = make_folder()
    env = instance_environment(folder / "var", ENVMAP_DEMO="0")
    steps = [
        "Starting PostgreSQL and Redis",
        "Migrating the database",
        "Collecting static files",
        "Starting the application",
        "Ready",
    ]
    try:
        for step in steps:
            start = subprocess.Popen(
                [sys.executable, "-m", "deploy", "run", "--no-install"], cwd=ROOT, env=env,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )  # fmt: skip
            lines = []
            for line in start.stdout:
                lines.append(line)
                if step in line:
                    break
            assert step in lines[-1], lines
            before = {start.pid, *descendants(start.pid)}
            start.send_signal(signal.SIGINT if step == "Ready" else signal.SIGKILL)
            start.wait(timeout=120)
            start.stdout.close()
            wait_for(lambda: not alive(before), 60, "everything to end")  # noqa: B023  within this turn
    finally:
        remove(env)


def test_start_script_and_supervisor_killed_together_leave_no_process(own_stack):
    before = all_of(own_stack)
    supervisor = own_stack.pid("supervisor")
    own_stack.process.kill()
    os.kill(supervisor, signal.SIGKILL)
    own_stack.process.wait()
    wait_for(lambda: not alive(before), 60, "everything to end")


@pytest.mark.parametrize("name", ["wsgi", "asgi", "redis", "nginx", "worker"])
def test_a_killed_program_is_started_again(stack, name):
    old = stack.kill(name)
    assert stack.wait_back(name, old) != old


def test_two_instances_run_side_by_side(stack, own_stack):
    for one in (stack, own_stack):
        assert httpx.get(one.base_url + "/healthz").status_code == 200
    assert stack.var != own_stack.var


def test_a_second_start_of_a_running_instance_is_refused_with_a_sentence(stack):
    done = subprocess.run(
        [sys.executable, "-m", "deploy", "run", "--no-install"],
        cwd=ROOT,
        env=stack.env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "runs already; `make stop` ends it" in done.stderr


def test_a_program_that_cannot_start_is_named_with_its_log(tmp_path):
    env = instance_environment(tmp_path / "var", REDIS_URL="redis://127.0.0.1:1/0", ENVMAP_DATABASE_POOL="many")
    done = subprocess.run(
        [sys.executable, "-m", "deploy", "run", "--no-install"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 1
    assert "failed; its message stands above" in done.stderr


def test_the_client_cannot_choose_its_address(stack):
    # The access log holds what nginx believes; ENVMAP_TRUSTED_PROXIES is empty here.
    httpx.get(stack.base_url + "/healthz?forged", headers={"X-Forwarded-For": "203.0.113.9"})
    log = stack.var / "log" / "nginx.log"
    wait_for(lambda: "/healthz" in log.read_text(), 10, "the request to be logged")
    assert "203.0.113.9" not in log.read_text()


def test_a_trusted_proxy_says_who_the_client_is_and_the_client_before_it_cannot(own_stack):
    chain = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}  # the first was written by the client itself
    httpx.get(own_stack.base_url + "/healthz", headers=chain)
    log = own_stack.var / "log" / "nginx.log"
    wait_for(lambda: "203.0.113.9" in log.read_text(), 10, "the request to be logged")
    assert "198.51.100.1" not in log.read_text()


def test_a_body_above_the_limit_is_refused_as_problem_json(stack):
    answer = httpx.post(stack.base_url + "/api/v1/attachments", content=b"0" * (65 * 2**20), timeout=60)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert "64 MB" in answer.json()["detail"]
    assert set(answer.json()) == {"type", "title", "status", "detail", "errors"}


def test_what_the_database_refuses_stands_in_no_log_with_its_values(stack):
    auth = ("officer", "envmap-demo")
    made = httpx.post(
        stack.base_url + "/api/v1/tokens", auth=auth, json={"name": "log", "scopes": ["read", "write"]}, timeout=60
    )
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    station = {"mn": "TWICE", "name": "Said twice", "protocol": "hj212", "password": "PW-9f3e1"}
    address = stack.base_url + "/api/v1/stations"
    statuses = [httpx.post(address, headers=headers, json=station, timeout=60).status_code for _ in range(2)]
    assert statuses == [201, 409]
    log = stack.var / "log" / "postgres.log"
    wait_for(lambda: "sensors_station_mn_key" in log.read_text(), 30, "the refusal to be logged")
    for file in (stack.var / "log").iterdir():
        text = file.read_text(errors="replace")
        assert "PW-9f3e1" not in text, file.name
        assert made.json()["token"] not in text, file.name


def test_protected_files_are_not_to_be_had_by_their_address(stack):
    file = stack.var / "media" / "secret.txt"
    file.write_text("secret")
    file.chmod(0o644)
    assert httpx.get(stack.base_url + "/protected/secret.txt").status_code == 404
