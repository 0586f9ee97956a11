"""Files are written whole or not at all: killed for real, in folders that cannot be written, on disks that are full."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from numink.errors import RunError
from numink.files import replacing, require_folder, write_text

resource = pytest.importorskip("resource")  # what follows asks POSIX for its rights, limits and signals

OLD, NEW = b"old " * 50_000, b"new " * 60_000


@pytest.fixture
def file(tmp_path):
    """A file with old content."""
    file = tmp_path / "file.txt"
    file.write_bytes(OLD)
    return file


def refusal(file, content=NEW):
    """The one line that writing is refused with."""
    with pytest.raises(RunError) as caught, replacing(file) as writing:
        writing.write(content)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"cannot write {file}: ")
    return line


def test_the_new_content_takes_the_old_ones_place(file):
    with replacing(file) as writing:
        writing.write(NEW)
        assert file.read_bytes() == OLD  # until the block ends

    assert file.read_bytes() == NEW
    assert list(file.parent.iterdir()) == [file]


def test_text_is_written_as_utf_8_in_folders_that_are_made(tmp_path):
    file = tmp_path / "a" / "b" / "ü.txt"

    write_text(file, "Zürich\n8\n")

    assert file.read_bytes() == "Zürich\n8\n".encode()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_block_that_fails_leaves_the_old_content_and_nothing_else(file, error):
    def write_and_fail():
        with replacing(file) as writing:
            writing.write(NEW)
            raise error

    with pytest.raises(error):
        write_and_fail()
    assert file.read_bytes() == OLD
    assert list(file.parent.iterdir()) == [file]


def in_a_process(code, *arguments, **options):
    """A Python that runs `code`, which says "ready" where the test may go on."""
    child = subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, **options)
    assert child.stdout.readline() == b"ready\n"
    return child


def test_a_kill_in_the_middle_of_writing_leaves_the_old_content(file):
    child = in_a_process(
        "import sys, time\n"
        "from numink.files import replacing\n"
        "with replacing(sys.argv[1]) as file:\n"
        "    file.write(b'new ' * 30_000)\n"
        "    file.flush()\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n",
        file,
    )
    child.send_signal(signal.SIGKILL)
    child.communicate()

    assert child.returncode == -signal.SIGKILL
    assert file.read_bytes() == OLD
    write_text(file, "new")  # what the killed one left behind is in nobody's way
    assert file.read_bytes() == b"new"


def test_a_kill_at_any_moment_leaves_the_old_content_or_the_new(file):
    for attempt in range(8):
        child = in_a_process(
            "import sys\n"
            "from numink.files import replacing\n"
            "print('ready', flush=True)\n"
            "while True:\n"
            "    for word in (b'old ' * 50_000, b'new ' * 60_000):\n"
            "        with replacing(sys.argv[1]) as file:\n"
            "            file.write(word)\n",
            file,
        )
        deadline = time.monotonic() + 0.01 * attempt
        while time.monotonic() < deadline:
            assert file.read_bytes() in (OLD, NEW)  # nor does anybody ever read half of it
        child.send_signal(signal.SIGKILL)
        child.communicate()

        assert file.read_bytes() in (OLD, NEW)


@contextlib.contextmanager
def as_nobody():
    """As a user without rights, for root may write anywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_cannot_be_written():
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders may not even be entered by others
        folder, file = Path(name), Path(name, "file.txt")
        file.write_bytes(OLD)
        folder.chmod(0o555)
        with as_nobody():
            line = refusal(file)
            below = refusal(folder / "run" / "model")
        folder.chmod(0o755)

        assert "permission denied; choose a folder that can be written" in line
        assert "permission denied" in below
        assert file.read_bytes() == OLD
        assert list(folder.iterdir()) == [file]


def test_a_disk_that_fills_up_in_the_middle(file):
    """Played by a limit on the size of files: writing fails just so, with another reason."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        line = refusal(file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert "file too large" in line
    assert file.read_bytes() == OLD
    assert list(file.parent.iterdir()) == [file]


def test_a_disk_that_is_full(tmp_path):
    """A real one, of 300 kB, in a name space of its own: for those who may make one."""
    script = (
        "mount -t tmpfs -o size=300k none $1 && exec $2 -c '\n"
        "import sys\n"
        "from pathlib import Path\n"
        "from numink.errors import RunError\n"
        "from numink.files import replacing, write_text\n"
        'file = Path(sys.argv[1], "file.txt")\n'
        'write_text(file, "old " * 50_000)\n'
        "try:\n"
        "    with replacing(file) as writing:\n"
        '        writing.write(b"new " * 60_000)\n'
        "except RunError as error:\n"
        "    print(error)\n"
        'assert file.read_text() == "old " * 50_000\n'
        "assert list(file.parent.iterdir()) == [file]\n"
        "' $1"
    )
    command = ["unshare", "--user", "--mount", "--map-root-user"]
    try:
        may = subprocess.run([*command, "mount", "-t", "tmpfs", "none", tmp_path], capture_output=True).returncode == 0
    except FileNotFoundError:
        may = False
    if not may:
        pytest.skip("no disk can be made here: needs unshare and the right to mount")

    ended = subprocess.run(
        [*command, "sh", "-c", script, "sh", tmp_path, sys.executable], capture_output=True, text=True
    )

    assert ended.returncode == 0, ended.stderr
    expected = (
        f"cannot write {tmp_path}/file.txt: no space left on device; choose a folder that can be written and has space"
    )
    assert ended.stdout.splitlines() == [expected]


def test_a_file_in_the_place_of_a_folder_and_the_other_way_round(file):
    assert "file exists" in refusal(file / "model")
    assert "not a directory" in refusal(file / "run" / "model")
    assert "is a directory" in refusal(file.parent)
    assert file.read_bytes() == OLD


def test_a_name_that_is_none(file, monkeypatch):
    monkeypatch.chdir(file.parent)

    refusal(Path())
    refusal(Path("a" * 300))
    assert list(file.parent.iterdir()) == [file]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_stays_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_text(tmp_path / "pipe", "through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


def test_a_folder_that_cannot_be_is_told_beforehand(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    require_folder(tmp_path / "new" / "folder")
    assert not (tmp_path / "new").exists()

    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(RunError, match="file is a file, and a folder"):
            require_folder(folder)
    monkeypatch.setattr("os.access", lambda _, mode: not mode & os.W_OK)
    with pytest.raises(RunError, match="may not be written"):
        require_folder(tmp_path / "new" / "folder")
