"""The virtual environment is what the lock says, no more and no less."""

import shutil
import subprocess
import sys

import pytest

from deploy.environment import PythonEnvironment, interpreter_version


@pytest.fixture
def environment(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    (tmp_path / "requirements.lock").write_text("# nothing\n")
    return PythonEnvironment(tmp_path)


def pretend(environment, name, version):
    """Put a package's metadata into the environment."""
    (site,) = environment.folder.glob("lib/python*/site-packages")
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_an_environment_that_a_developer_made_is_taken_as_it_is(environment):
    pretend(environment, "Some_Package", "1.0")
    environment.lock.write_text("some-package==1.0 \\\n    --hash=sha256:00\n")
    assert environment.has_everything()
    environment.make(environment.python, say=pytest.fail, compile_code=False)
    assert environment.is_complete()


@pytest.mark.parametrize("lock", ["some-package==2.0 \\\n", "other==1.0\nsome-package==1.0\n", "# nothing\n"])
def test_a_package_too_old_missing_or_no_longer_named_is_seen(environment, lock):
    pretend(environment, "some-package", "1.0")
    environment.lock.write_text(lock)
    assert not environment.has_everything()


def test_a_pin_for_another_system_is_not_missed(environment):
    environment.lock.write_text("colorama==0.4.6 ; sys_platform == 'win32' \\\n")
    assert environment.has_everything()


def test_a_changed_lock_makes_it_incomplete(environment):
    environment.make(environment.python, say=pytest.fail, compile_code=False)
    assert environment.is_complete()
    environment.lock.write_text("some-package==1.0\n")
    assert not environment.is_complete()


def test_a_killed_installation_is_not_taken_for_a_whole_one(environment):
    (environment.folder / ".envmap-building").touch()
    assert not environment.has_everything()


def test_an_environment_whose_python_is_gone_is_incomplete(environment):
    environment.make(environment.python, say=pytest.fail, compile_code=False)
    environment.python.unlink()
    shutil.copy("/bin/false", environment.python)
    assert interpreter_version(environment.python) is None
    assert not environment.is_complete()
