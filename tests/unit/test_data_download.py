import hashlib
import http.server
import socket
import threading
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest

from numink.data import download
from numink.data.download import RemoteFile, fetch_mnist
from numink.errors import DownloadError

CONTENTS = {"a.gz": bytes(range(256)) * 40, "b.gz": b"labels" * 50}
FILES = [RemoteFile(name, len(body), hashlib.sha256(body).hexdigest()) for name, body in CONTENTS.items()]

Asked = namedtuple("Asked", "mirror name range")


class Handler(http.server.BaseHTTPRequestHandler):
    """Plays the mirror that the first part of the path names."""

    def do_GET(self):
        mirror, name = self.path.strip("/").split("/")
        span = self.headers["Range"]
        first = not self.server.asked
        self.server.asked.append(Asked(mirror, name, span))
        getattr(self, mirror)(CONTENTS[name], int(span.removeprefix("bytes=").rstrip("-")) if span else 0, first)

    def give(self, status, body, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def good(self, body, start, first):
        self.give(206 if start else 200, body[start:])

    def deaf(self, body, start, first):
        """Ignores Range."""
        self.give(200, body)

    def refusing(self, body, start, first):
        if start:
            self.give(416, b"")
        else:
            self.give(200, body)

    def breaking(self, body, start, first):
        """Breaks off in the middle, once."""
        if first:
            self.give(200, body[: len(body) // 2], len(body))
        else:
            self.good(body, start, first)

    def broken(self, body, start, first):
        """Gives ten bytes at a time."""
        self.give(206 if start else 200, body[start : start + 10], len(body) - start)

    def stalling(self, body, start, first):
        self.give(206 if start else 200, body[start : start + 10], len(body) - start)
        self.wfile.flush()
        self.server.closing.wait(30)

    def silent(self, body, start, first):
        self.server.closing.wait(30)

    def trickling(self, body, start, first):
        self.give(206 if start else 200, b"", len(body) - start)
        for byte in body[start:]:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.closing.wait(0.05):
                return

    def corrupt(self, body, start, first):
        self.give(206 if start else 200, bytes(len(body) - start))

    def endless(self, body, start, first):
        """Does not stop at the end; after 32 MB it does, so that a fault in the client fills no disk."""
        self.send_response(200)
        self.end_headers()
        for _ in range(512):
            self.wfile.write(bytes(1 << 16))
        self.server.drained = True

    def missing(self, body, start, first):
        self.give(404, b"")

    def busy(self, body, start, first):
        if first:
            self.give(503, b"")
        else:
            self.good(body, start, first)

    def garbled(self, body, start, first):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"no size of a chunk\r\n")

    def babbling(self, body, start, first):
        self.wfile.write(b"what?\r\n\r\n")

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass  # a client that hangs up is what is tested


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(download, "_PAUSES_SECONDS", (0, 0, 0))
    with Server(("127.0.0.1", 0), Handler) as server:
        server.asked, server.closing, server.drained = [], threading.Event(), False
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def fetch(server, tmp_path):
    def fetcher(*mirrors, **options):
        host = f"http://127.0.0.1:{server.server_port}/"
        urls = [mirror if "://" in mirror else host + mirror for mirror in mirrors]
        fetch_mnist(tmp_path, mirrors=urls, files=FILES, **options)

    return fetcher


def check(folder, names=tuple(CONTENTS)):
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {name: CONTENTS[name] for name in names}


def dead_url():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}/"


def test_fetches_and_reports_progress(fetch, tmp_path):
    calls = []
    fetch("good/", progress=lambda *call: calls.append(call))
    check(tmp_path)
    assert calls[-1] == ("b.gz", 300, 300)
    assert {name for name, _, _ in calls} == set(CONTENTS)
    assert [done for name, done, _ in calls if name == "a.gz"] == sorted({d for n, d, _ in calls if n == "a.gz"})


def test_what_is_whole_is_not_fetched_again(fetch, tmp_path, server):
    (tmp_path / "a.gz").write_bytes(CONTENTS["a.gz"])
    (tmp_path / "b.gz").write_bytes(b"damage" * 50)
    fetch("good")
    check(tmp_path)
    assert [asked.name for asked in server.asked] == ["b.gz"]


@pytest.mark.parametrize(
    "mirror", ["missing", "silent", "stalling", "broken", "corrupt", "endless", "garbled", "babbling", "trickling"]
)
def test_goes_on_to_the_next_mirror(fetch, tmp_path, server, mirror):
    slow = mirror in ("silent", "stalling", "trickling")
    fetch(mirror, "good", timeout_seconds=0.5 if slow else 10)
    check(tmp_path)
    assert server.asked[-1] == Asked("good", "b.gz", None)
    assert [asked.mirror for asked in server.asked].count("good") == 2
    assert {asked.mirror for asked in server.asked if asked.name == "b.gz"} == {"good"}, "it is asked last"
    assert not server.drained


def test_goes_on_from_a_mirror_that_is_down(fetch, tmp_path):
    fetch(dead_url(), "http://no-such-host.invalid/", "good")
    check(tmp_path)


def test_the_next_mirror_resumes_what_the_last_one_began(fetch, server):
    fetch("broken", "good")
    assert [asked for asked in server.asked if asked.name == "a.gz"] == [
        ("broken", "a.gz", None),
        ("broken", "a.gz", "bytes=10-"),
        ("broken", "a.gz", "bytes=20-"),
        ("good", "a.gz", "bytes=30-"),
    ]


@pytest.mark.parametrize("mirror", ["breaking", "busy"])
def test_asks_again_after_a_passing_failure(fetch, tmp_path, server, mirror):
    fetch(mirror)
    check(tmp_path)
    assert len(server.asked) == 3


@pytest.mark.parametrize(("mirror", "requests"), [("good", 1), ("deaf", 1), ("refusing", 2)])
def test_resumes_what_a_kill_left(fetch, tmp_path, server, mirror, requests):
    (tmp_path / "a.gz.part").write_bytes(CONTENTS["a.gz"][:5000])
    fetch(mirror)
    check(tmp_path)
    assert server.asked[0].range == "bytes=5000-"
    assert [asked.name for asked in server.asked] == ["a.gz"] * requests + ["b.gz"]


def test_a_whole_part_is_put_in_its_place_without_a_request(fetch, tmp_path, server):
    (tmp_path / "a.gz.part").write_bytes(CONTENTS["a.gz"])
    fetch("good")
    check(tmp_path)
    assert [asked.name for asked in server.asked] == ["b.gz"]


@pytest.mark.parametrize("part", [b"", bytes(5000), bytes(10240), bytes(99999)])
def test_a_part_of_any_kind_is_no_obstacle(fetch, tmp_path, part):
    (tmp_path / "a.gz.part").write_bytes(part)
    fetch("good")
    check(tmp_path)


def test_the_error_names_each_mirror(fetch, tmp_path, server):
    with pytest.raises(DownloadError) as caught:
        fetch("missing", dead_url(), "corrupt", "broken")
    text = str(caught.value)
    assert "\n" not in text
    for part in ("HTTP 404", "connection refused", "damaged", "cut off after 30 of 10,240 bytes"):
        assert part in text
    assert {asked.name for asked in server.asked} == {"a.gz"}, "what no mirror has is not asked for four times"
    assert [path.name for path in tmp_path.iterdir()] == ["a.gz.part"]


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (download.URLError(OSError(101, "Network is unreachable")), "network is unreachable"),
        (TimeoutError("timed out"), "no answer within 5 s"),
    ],
)
def test_a_dead_network_is_asked_once(fetch, monkeypatch, error, says):
    calls = []

    def urlopen(request, timeout):
        calls.append(request.full_url)
        raise error

    monkeypatch.setattr(download, "urlopen", urlopen)
    with pytest.raises(DownloadError, match=says):
        fetch("good", "deaf")
    assert len(calls) == 2


def test_a_network_that_swallows_everything_is_asked_once_at_each_mirror(fetch, server):
    with pytest.raises(DownloadError, match=r"127.0.0.1: no answer within 0.2 s; 127.0.0.1: no answer within 0.2 s"):
        fetch("silent", "silent", timeout_seconds=0.2)
    assert len(server.asked) == 2


@pytest.mark.parametrize("mirror", ["stalling", "broken"])
@pytest.mark.parametrize("attempts", [1, 2])
def test_who_is_in_a_hurry_asks_each_mirror_less_often(fetch, server, mirror, attempts):
    with pytest.raises(DownloadError):
        fetch(mirror, "stalling", timeout_seconds=0.2, attempts=attempts)
    assert [asked.mirror for asked in server.asked] == [mirror] * attempts + ["stalling"] * attempts


def test_waiting_for_an_answer_counts_to_its_slowness(fetch, monkeypatch):
    """A mirror that answers late and then trickles does not get the time twice."""
    now, answer = [0.0], download._open

    def late(*request):
        now[0] += 3
        return answer(*request)

    monkeypatch.setattr(download, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=lambda seconds: None))
    monkeypatch.setattr(download, "_open", late)
    with pytest.raises(DownloadError, match="too slow"):
        fetch("good", timeout_seconds=1.0)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match=r"cannot be fetched into .*file.* \(not a directory\)") as caught:
        fetch_mnist(tmp_path / "file" / "mnist", mirrors=[], files=FILES)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_line_and_no_fault_of_the_mirror(fetch, tmp_path, server):
    (tmp_path / "a.gz.part").symlink_to("/dev/full")
    with pytest.raises(DownloadError, match=r"cannot be fetched into .* \(no space left on device\)") as caught:
        fetch("good", "deaf")
    assert "\n" not in str(caught.value)
    assert len(server.asked) == 1


@pytest.mark.mnist
def test_mnist_itself_has_the_sums_in_the_code(mnist_folder):
    for file in download.MNIST_FILES:
        packed = mnist_folder / file.name
        if packed.exists():  # it may also lie there unpacked
            assert packed.stat().st_size == file.bytes
            assert hashlib.sha256(packed.read_bytes()).hexdigest() == file.sha256
