import io
import struct
import zipfile

import numpy as np
import pytest

import mhkd.batch.archive as archive
from mhkd.batch.archive import open_archive
from mhkd.batch.recordings import open_recordings
from mhkd.errors import AudioError, InputError
from mhkd.limits import MAX_UPLOAD_BYTES


def pack(files, *, method=zipfile.ZIP_DEFLATED, change=None):
    """A ZIP of name → content, or of (name, content) in order; ``change`` sees each info."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as packed:
        for name, content in files.items() if isinstance(files, dict) else files:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            if change is not None:
                change(info)
            packed.writestr(info, content)
    return sink.getvalue()


def opened(content):
    return open_archive(io.BytesIO(content))


def told(found, name):
    with pytest.raises(AudioError) as refused:
        found.read(name)
    return refused.value.public_message


def test_names_are_matched_whole_and_else_by_their_last_part():
    files = {"a/one.wav": b"1", "b/one.wav": b"2", "c/two.wav": b"3", "three.wav": b"4"}
    found = opened(pack(files))
    assert len(found) == 4
    assert found.read("a/one.wav") == b"1" and found.read(" ./b\\one.wav ") == b"2"
    assert found.read("two.wav") == found.read("elsewhere/two.wav") == b"3"
    assert "Write the folder" in told(found, "one.wav")
    assert "no recording of this name" in told(found, "four.wav")
    assert "three.wav" in found and "one.wav" not in found and "four.wav" not in found


def test_letters_are_matched_however_they_are_written():
    found = opened(pack({"Bu\u0308cher/ta\u0301pe.wav": b"1"}))
    assert found.read("B\u00fccher/t\u00e1pe.wav") == b"1"
    unsaid = pack({"x\u00fc.wav": b"2"})  # UTF-8 whose mark is taken away
    place, local = unsaid.index(b"PK\1\2") + 8, unsaid.index(b"PK\3\4") + 6
    for at in (place, local):
        unsaid = unsaid[:at] + struct.pack("<H", 0) + unsaid[at + 2 :]
    assert opened(unsaid).read("x\u00fc.wav") == b"2"


def test_what_a_mac_adds_is_no_recording():
    files = {"one.wav": b"1", "__MACOSX/._one.wav": b"x", "._one.wav": b"x", "d/.DS_Store": b"x"}
    found = opened(pack(files))
    assert len(found) == 1 and found.read("one.wav") == b"1"


def test_paths_are_keys_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    secret = tmp_path.parent / "secret.wav"
    secret.write_bytes(b"secret")
    names = ["../secret.wav", str(secret), "C:\\secret2.wav", "a/../../x.wav"]
    found = opened(pack({name: f"{n}".encode() for n, name in enumerate(names)}))
    assert found.read("../secret.wav") == b"0" and found.read(str(secret)) == b"1"
    assert found.read("C:\\secret2.wav") == b"2" and found.read("a/../../x.wav") == b"3"
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "one.wav").write_bytes(b"1")
    folder = open_recordings(tmp_path / "own")
    for name in ("../../secret.wav", str(secret), "/etc/passwd"):
        assert "no recording" in told(folder, name)


def test_two_of_one_name():
    with pytest.warns(UserWarning, match="Duplicate"):
        content = pack([("one.wav", b"1"), ("one.wav", b"2"), ("two.wav", b"3")])
    found = opened(content)
    assert "exactly this name" in told(found, "one.wav") and found.read("two.wav") == b"3"


def _mark(content, name, flag):
    """Sets a flag in both headers of one file."""
    for signature, at, name_at in ((b"PK\3\4", 6, 30), (b"PK\1\2", 8, 46)):
        place = content.index(signature)
        while content[place + name_at :][: len(name)] != name:
            place = content.index(signature, place + 1)
        old = struct.unpack_from("<H", content, place + at)[0]
        content = content[: place + at] + struct.pack("<H", old | flag) + content[place + at + 2 :]
    return content


def test_encrypted_files_and_links_are_told():
    content = _mark(pack({"one.wav": b"1", "two.wav": b"2"}), b"one.wav", 1)
    found = opened(content)
    assert "password" in told(found, "one.wav") and found.read("two.wav") == b"2"
    with pytest.raises(InputError, match="None of the 1 .* password"):
        opened(_mark(pack({"one.wav": b"1"}), b"one.wav", 1))

    def link(info):
        if info.filename == "link.wav":
            info.external_attr = 0o120777 << 16

    found = opened(pack({"link.wav": b"/etc/passwd", "two.wav": b"2"}, change=link))
    assert "link" in told(found, "link.wav") and "link.wav" not in found
    found = opened(pack([("a.wav", b"x" * 99), ("b.wav", b"")], method=zipfile.ZIP_DEFLATED))
    assert found.read("b.wav") == b""
    with pytest.raises(InputError, match="Deflate"):
        opened(pack({"one.wav": b"1" * 99}, method=zipfile.ZIP_BZIP2))


def test_a_bomb_is_unpacked_to_one_byte_beyond_the_limit(monkeypatch):
    read = []
    original = zipfile.ZipExtFile.read

    def noting(self, n=-1):
        content = original(self, n)
        read.append(len(content))
        return content

    monkeypatch.setattr(zipfile.ZipExtFile, "read", noting)
    content = pack({"one.wav": bytes(200 * 1024**2), "two.wav": b"2"})
    assert len(content) < 300_000
    found = opened(content)
    assert "more than 25 MB" in told(found, "one.wav") and found.read("two.wav") == b"2"
    assert read == [MAX_UPLOAD_BYTES + 1, 1]


def test_a_header_that_says_less_than_there_is():
    content = pack({"one.wav": bytes(60 * 1024**2)})
    place = content.index(b"PK\1\2") + 24
    content = content[:place] + struct.pack("<I", 10) + content[place + 4 :]
    with pytest.raises(AudioError):
        assert len(opened(content).read("one.wav")) <= MAX_UPLOAD_BYTES


def test_the_total_is_counted_as_it_is_unpacked_and_as_it_is_said(monkeypatch):
    files = {f"{n}.wav": b"x" * 100 for n in range(5)}
    content = pack(files)
    monkeypatch.setattr(archive, "MAX_ARCHIVE_BYTES", 250)
    with pytest.raises(InputError, match="unpack to more"):
        opened(content)
    monkeypatch.setattr(archive, "MAX_ARCHIVE_BYTES", 1000)
    found = opened(content)
    monkeypatch.setattr(archive, "MAX_ARCHIVE_BYTES", 250)  # as if the headers had lied
    assert found.read("0.wav") == found.read("1.wav") == found.read("0.wav") == b"x" * 100
    assert "unpack to more" in told(found, "2.wav")


def test_too_many_files(monkeypatch):
    content = pack({f"{n}.wav": b"" for n in range(20)})
    monkeypatch.setattr(archive, "MAX_ARCHIVE_FILES", 10)
    with pytest.raises(InputError, match="files"):
        opened(content)


def test_a_long_list_is_not_even_read(monkeypatch):
    content = pack({f"{n}.wav": b"" for n in range(200)})
    monkeypatch.setattr(archive, "MAX_ARCHIVE_LIST_BYTES", 1000)
    monkeypatch.setattr(zipfile, "ZipInfo", None)  # nothing of it is parsed
    with pytest.raises(InputError, match="files"):
        opened(content)


@pytest.mark.parametrize(
    "content", [b"", b"RIFF no zip", b"PK\5\6", b"PK\5\6" + bytes(18), pack({"a.wav": b"1"})[:-30]]
)
def test_what_is_no_zip_is_told(content):
    with pytest.raises(InputError):
        opened(content)


def test_mutated_archives_are_read_or_told():
    generator = np.random.default_rng(0)
    whole = pack({"a/one.wav": b"RIFF" * 50, "\u00fc.wav": b"2", "three.wav": b"x"})
    refused = 0
    for _ in range(3000):
        content = bytearray(whole)
        for _ in range(generator.integers(1, 6)):
            content[generator.integers(len(content))] = generator.integers(256)
        try:
            found = opened(bytes(content[: generator.integers(len(whole) // 2, len(whole) + 99)]))
        except InputError:
            refused += 1
            continue
        for name in ("one.wav", "\u00fc.wav", "three.wav"):
            try:
                found.read(name)
            except AudioError:
                refused += 1
    assert refused > 1000


def test_a_damaged_file_leaves_the_others():
    content = pack({"one.wav": b"1" * 50, "two.wav": b"2" * 50}, method=zipfile.ZIP_STORED)
    found = opened(content.replace(b"1" * 50, b"3" * 50))
    assert "damaged" in told(found, "one.wav") and found.read("two.wav") == b"2" * 50


def test_a_folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.wav").write_bytes(b"1")
    (tmp_path / "large.wav").write_bytes(bytes(MAX_UPLOAD_BYTES + 1))
    (tmp_path / "link.wav").symlink_to(tmp_path / "a" / "one.wav")
    found = open_recordings(tmp_path)
    assert found.read("one.wav") == found.read("a/one.wav") == b"1"
    assert "25 MB" in told(found, "large.wav") and "link" in told(found, "link.wav")
    again = open_recordings(tmp_path)
    assert again.identity == found.identity
    (tmp_path / "a" / "two.wav").write_bytes(b"2")
    assert open_recordings(tmp_path).identity != found.identity


def test_places_that_hold_nothing(tmp_path):
    with pytest.raises(InputError, match="no file"):
        open_recordings(tmp_path)
    with pytest.raises(InputError, match="can't be read"):
        open_recordings(tmp_path / "nowhere.zip")
    with pytest.raises(InputError, match="no file"):
        opened(pack({"folder/": b""}))
