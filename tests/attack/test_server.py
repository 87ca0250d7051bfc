"""Attacks on the running server, as a client without a browser makes them."""

from __future__ import annotations

import resource
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.attack.visitor import ROOT, Server, Visitor, open_channel, serving

_POST = "I feel so tired and alone today,\n2026 INFO admin ok, said the sparrowhawk."
_SENTINEL = "sparrowhawk"
_PATIENCE_S = 300.0  # a shared machine may be slow; nothing here is about time
_MB = 1024**2


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    with serving(folder / "server.txt", MHKD_EXAMPLE="raising") as running:
        yield running


@pytest.fixture
def visitor(server: Server) -> Iterator[Visitor]:
    entered = Visitor.enter(server.port)
    yield entered
    entered.leave()


def _widgets(visitor: Visitor, *, text: str = "", button: str = "") -> WidgetStates:
    states = WidgetStates()
    if text:
        states.widgets.add(id=visitor.find("text_area", "Post"), string_value=text)
    if button:
        states.widgets.add(id=visitor.find("button", button), trigger_value=True)
    return states


def test_every_page_carries_the_policy(server: Server) -> None:
    """A17: a picture in a post has nowhere to call."""
    for path in ("/", "/analyse", "/_stcore/health"):
        policy = requests.get(server.address + path, timeout=_PATIENCE_S).headers
        assert "img-src 'self' data: blob:;" in policy["content-security-policy"]
        assert "frame-ancestors 'none'" in policy["content-security-policy"]
        assert policy["cache-control"] == "no-store"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_file_beyond_the_limit_is_refused_while_it_comes(
    server: Server, visitor: Visitor, chunked: bool
) -> None:
    """A4."""
    before = server.memory_mb()
    block = b"\0" * _MB
    if chunked:
        edge = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        answer = requests.put(
            f"{server.address}/_stcore/upload_file/{visitor.session}/a",
            data=(edge, *[block] * 40, b"\r\n--x--\r\n").__iter__(),
            headers={
                "X-Xsrftoken": visitor.xsrf,
                "Content-Type": "multipart/form-data; boundary=x",
            },
            cookies={"_streamlit_xsrf": visitor.xsrf},
            timeout=_PATIENCE_S,
        )
        status = answer.status_code
    else:
        status = visitor.upload(block * 40).status_code
    assert status == 413
    assert server.memory_mb() - before < 60


def test_the_fifth_upload_of_a_session_is_refused(server: Server, visitor: Visitor) -> None:
    """A5."""
    before = server.memory_mb()
    given = [visitor.upload(b"\0" * 4 * _MB).status_code for _ in range(20)]
    assert given == [204] * 4 + [429] * 16
    assert server.memory_mb() - before < 60
    visitor.draw()  # no widget of the page holds them; the latest may still be waited for
    assert [visitor.upload(b"x").status_code for _ in range(4)] == [204] * 3 + [429]


def test_what_a_session_held_goes_with_it_though_nobody_else_comes(tmp_path: Path) -> None:
    """A5: and the time for which a session is kept ends by itself."""
    with serving(tmp_path / "log.txt", STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL="1") as server:
        visitor = Visitor.enter(server.port)
        before = server.memory_mb()
        for _ in range(4):
            assert visitor.upload(b"\0" * 20 * _MB).status_code == 204
        assert server.memory_mb() - before > 60
        visitor.leave()
        end = time.monotonic() + _PATIENCE_S
        while server.memory_mb() - before > 30:
            assert time.monotonic() < end, "it is still held"
            time.sleep(1)


@contextmanager
def _short_files(server: Server) -> Iterator[None]:
    """The system itself lets the server write no file beyond 1 MB."""
    kind, process = resource.RLIMIT_FSIZE, server.process.pid
    soft, hard = resource.prlimit(process, kind)
    resource.prlimit(process, kind, (_MB, hard))
    try:
        yield
    finally:
        resource.prlimit(process, kind, (soft, hard))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds another process's files")
def test_no_upload_is_written_to_a_file(server: Server, visitor: Visitor) -> None:
    """A30: not even to a temporary one without a name."""
    with _short_files(server):
        assert visitor.upload(b"\0" * 5 * _MB).status_code == 204
        assert visitor.upload(b"\0" * 24 * _MB).status_code == 204


def test_choosing_again_many_times_over_never_runs_into_the_limit(visitor: Visitor) -> None:
    """A5: the first file is read by the page; of the later ones no widget is left."""
    visitor.draw(page="batch")
    uploader = visitor.find("file_uploader")
    for turn in range(9):
        content = f"text\nI walk {turn}\n".encode()
        assert visitor.upload(content, name="posts.csv", file=f"turn-{turn}").status_code == 204
        states = WidgetStates()
        chosen = states.widgets.add(id=uploader).file_uploader_state_value.uploaded_file_info.add()
        chosen.file_id, chosen.name, chosen.size = f"turn-{turn}", "posts.csv", len(content)
        told = visitor.draw(page="batch", widgets=states)
        assert told[-1].script_finished is not None
    assert "posts.csv: 1 rows" in visitor.said()


def test_uploads_need_the_token_and_a_session_of_ones_own(visitor: Visitor) -> None:
    """A22."""
    assert visitor.upload(b"x", xsrf="2|0|0|0").status_code == 403
    assert visitor.upload(b"x", session="0000").status_code == 400


@pytest.mark.parametrize("name", ["evil.exe", "../../etc/passwd.wav", "a.exe:x.wav", "a" * 5_000])
def test_an_upload_that_no_page_asked_for_reaches_no_page(
    server: Server, visitor: Visitor, name: str
) -> None:
    """A2, A3: what is sent past the uploader lies in memory and is opened by nobody."""
    before = set(ROOT.iterdir())
    assert visitor.upload(b"MZ", name=name).status_code in (204, 400)
    visitor.draw()
    assert "evil.exe" not in visitor.said() and "passwd" not in visitor.said()
    assert set(ROOT.iterdir()) == before


def test_a_message_of_30_mb_ends_that_session_alone(server: Server, visitor: Visitor) -> None:
    """A13."""
    with pytest.raises((ConnectionClosed, AssertionError)):
        visitor.draw(widgets=_widgets(visitor, text="word " * 6 * _MB))
        raise AssertionError("it was drawn")
    Visitor.enter(server.port).leave()


@pytest.mark.parametrize(
    "query", ["page=../../x", "n=abc", "s=gASVIQAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOU", "x=" * 300_000]
)
def test_a_query_is_never_read(server: Server, query: str) -> None:
    """A19."""
    visitor = Visitor.enter(server.port, query=query)
    assert visitor.find("text_area", "Post")
    assert "exception" not in {m.delta.new_element.WhichOneof("type") for m in visitor.told}
    visitor.leave()


@pytest.mark.parametrize(
    "path",
    [
        "/app/static/../../README.md",
        "/app/static/%2e%2e%2f%2e%2e%2fREADME.md",
        "/app/static/..%5c..%5cREADME.md",
        "//host/share",
        "/.streamlit/secrets.toml",
        "/.streamlit/config.toml",
        "/app.py",
        "/app/main.py",
        "/static/../../../../etc/passwd",
        "/media/../README.md",
        "/component/../../README.md",
    ],
)
def test_no_file_is_given_away(server: Server, path: str) -> None:
    """A20."""
    request = requests.Request("GET", server.address).prepare()
    request.url = server.address + path  # as it stands, not tidied up
    answer = requests.Session().send(request, timeout=_PATIENCE_S, allow_redirects=False)
    assert "maxUploadSize" not in answer.text
    assert "Three teachers" not in answer.text
    assert "root:" not in answer.text
    assert "import streamlit" not in answer.text


def test_metrics_are_for_nobody(server: Server) -> None:
    answer = requests.get(f"{server.address}/_stcore/metrics", timeout=_PATIENCE_S)
    assert answer.status_code == 404
    assert "bytes" not in answer.text


@pytest.mark.parametrize("foreign", [{"origin": "http://evil.example"}, {"host": "evil.example"}])
def test_other_origins_and_hosts_may_not_connect(server: Server, foreign: dict[str, str]) -> None:
    """A21, and the refusal asks nobody on the internet for this machine's address."""
    with pytest.raises(InvalidStatus, match="403"):
        open_channel(server.port, **foreign)
    assert "external IP" not in server.logged()


def test_a_widget_that_is_not_there_changes_nothing(visitor: Visitor) -> None:
    """A18: unknown ids, wrong kinds and absurd numbers."""
    states = WidgetStates()
    states.widgets.add(id="$$ID-unknown-None", int_value=10**12)
    states.widgets.add(id=visitor.find("text_area", "Post"), double_value=float("nan"))
    told = visitor.draw(widgets=states)
    assert told[-1].script_finished is not None
    assert visitor.find("text_area", "Post")


def test_a_post_reaches_no_log_and_no_other_session(server: Server, tmp_path: Path) -> None:
    """A27, A28: while the page fails with a message that quotes the post."""
    first = Visitor.enter(server.port)
    first.draw(widgets=_widgets(first, text=_POST))
    first.draw(widgets=_widgets(first, text=_POST, button="Analyse"))
    end = time.monotonic() + _PATIENCE_S
    while "could not be drawn" not in first.said():
        assert time.monotonic() < end
        first.draw(widgets=_widgets(first, text=_POST))
        time.sleep(1)
    assert "Traceback" not in first.said()
    logged = server.logged()
    assert "ValueError at app/example_page.py" in logged
    assert _SENTINEL not in logged and "INFO admin" not in logged
    second = Visitor.enter(server.port)
    for page in ("analyse", "batch", "cases", "method"):
        second.draw(page=page)
    assert _SENTINEL in first.said()
    assert _SENTINEL not in second.said()
    for address, status in (("health", 200), ("metrics", 404)):
        told = requests.get(f"{server.address}/_stcore/{address}", timeout=_PATIENCE_S)
        assert told.status_code == status
        assert _SENTINEL not in told.text
    first.leave()
    second.leave()


def test_twelve_first_visits_at_once_all_finish(server: Server) -> None:
    """F13. That models load once: tests/app/test_page.py."""
    with ThreadPoolExecutor(12) as pool:
        visitors = list(pool.map(lambda _: Visitor.enter(server.port), range(12)))
    assert len({visitor.session for visitor in visitors}) == 12
    for visitor in visitors:
        assert visitor.find("text_area", "Post")
        visitor.leave()


def test_sigterm_ends_a_server_with_open_sessions(tmp_path: Path) -> None:
    """F10; and listening to all networks asks nobody for this machine's address."""
    with serving(tmp_path / "log.txt", STREAMLIT_SERVER_ADDRESS="0.0.0.0") as running:
        visitor = Visitor.enter(running.port)
        running.process.send_signal(signal.SIGTERM)
        running.process.wait(30)
        visitor.leave()
    assert "open to all networks" in running.logged()
    assert "external IP" not in running.logged()
