"""The decoder, run in a child process that may be killed at any time.

Run by path (``python -I decode_worker.py JOB``), so it imports nothing of mhkd.
The upload comes on standard input. Standard output carries one line of JSON
and then the samples as little-endian float32. Where the file is refused the
line holds ``fault`` and ``found`` and no samples follow.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Samples = npt.NDArray[np.float32]

BLOCK_FRAMES = 16_384
SUBTYPES = (
    *("PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"),
    *("VORBIS", "OPUS", "MPEG_LAYER_III"),
)
DEMUXERS = {"mp4": "mp4", "matroska": "matroska", "aac": "aac", "amr": "amr"}
CODECS = (
    *("aac", "alac", "amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb", "flac", "mp3"),
    *("mp3float", "opus", "libopus", "vorbis", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be"),
    *("pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_u8", "pcm_mulaw", "pcm_alaw"),
)


class Refused(Exception):
    """The file can't be accepted; ``fault`` is a code that the parent knows."""

    def __init__(self, fault: str, found: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.found = found


@dataclass(frozen=True)
class Job:
    """The limits, and which library decodes which container."""

    container: str
    decoder: str
    cpu_s: int
    memory_bytes: int
    max_s: float
    max_samples: int
    max_abs: float
    rates_hz: tuple[int, int]
    channels: tuple[int, int]


@dataclass
class Sound:
    """Mono blocks as they come, checked one by one."""

    job: Job
    rate_hz: int
    blocks: list[Samples] = field(default_factory=list)
    frames: int = 0
    broken: bool = False
    declared_s: float | None = None

    def add(self, block: Samples) -> None:
        """Takes a block of shape (frames, channels)."""
        import numpy as np

        if not np.isfinite(block).all():
            raise Refused("not_finite")
        if len(block) and float(np.abs(block).max()) > self.job.max_abs:
            raise Refused("too_loud")
        self.frames += len(block)
        if self.frames > self.job.max_s * self.rate_hz:
            raise Refused("too_long")
        if self.frames > self.job.max_samples:
            raise Refused("too_many")
        mono = block.mean(axis=1, dtype=np.float64).astype("<f4")
        self.blocks.append(np.clip(mono, -1.0, 1.0))


def limit_process(job: Job) -> None:
    """Bounds CPU time, memory, core dumps and written files of this process."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (job.cpu_s, job.cpu_s + 1))
    if sys.platform == "linux":  # macOS does not honour it
        resource.setrlimit(resource.RLIMIT_AS, (job.memory_bytes, job.memory_bytes))


def open_sound(job: Job, rate_hz: int, channels: int) -> Sound:
    """An empty ``Sound``, once rate and channels are known to be within limits."""
    if not job.rates_hz[0] <= rate_hz <= job.rates_hz[1]:
        raise Refused("rate", str(rate_hz))
    if not job.channels[0] <= channels <= job.channels[1]:
        raise Refused("channels", str(channels))
    return Sound(job, rate_hz)


def decode_by_libsndfile(data: bytes, job: Job) -> Sound:
    """Decodes WAV, FLAC, Ogg, MP3, AIFF and CAF."""
    import soundfile

    try:
        file = soundfile.SoundFile(io.BytesIO(data))
    except soundfile.LibsndfileError as fault:
        raise Refused("unreadable") from fault
    with file:
        if file.subtype not in SUBTYPES:
            raise Refused("codec", file.subtype)
        sound = open_sound(job, file.samplerate, file.channels)
        for block in read_blocks(file, sound):
            sound.add(block)
    return sound


def read_blocks(file: Any, sound: Sound) -> Iterator[Samples]:
    """Blocks up to the end of the file or to its first fault.

    A block in which the decoder fails is kept as far as it was filled: the rows
    it did not reach are still NaN. Integer codecs can't give NaN themselves;
    float files are read without faults, so their NaN is found by ``Sound.add``.
    """
    import numpy as np
    import soundfile

    while True:
        block = np.full((BLOCK_FRAMES, file.channels), np.nan, np.float32)
        try:
            read = len(file.read(out=block, fill_value=None))
        except soundfile.LibsndfileError:
            sound.broken = True
            reached = ~np.isnan(block).any(axis=1)
            yield block[: int(reached.argmin()) if not reached.all() else BLOCK_FRAMES]
            return
        if read == 0:
            return
        yield block[:read]


def decode_by_pyav(data: bytes, job: Job) -> Sound:
    """Decodes the first audio track of MP4, Matroska, AAC and AMR files."""
    import av

    options = {
        "codec_whitelist": ",".join(CODECS),
        "protocol_whitelist": "none",  # a file may not name another file or address
    }
    try:
        container = av.open(
            io.BytesIO(data),
            format=DEMUXERS[job.container],
            options=options,
            metadata_errors="replace",
        )
    except (av.error.FFmpegError, ValueError) as fault:
        raise Refused("unreadable") from fault
    with container:
        if not container.streams.audio:
            raise Refused("no_sound_track")
        return decode_track(container, container.streams.audio[0], job)


def decode_track(container: Any, track: Any, job: Job) -> Sound:
    """Decodes one audio track, passing over packets that are damaged."""
    import av

    codec = track.codec_context
    if codec is None or codec.name not in CODECS:
        raise Refused("codec", "" if codec is None else codec.name)
    codec.thread_count = 1
    sound: Sound | None = None
    broken = False
    packets = container.demux(track)
    while True:
        try:
            packet = next(packets, None)
            frames = [] if packet is None else packet.decode()
        except av.error.FFmpegError:
            broken = True  # a demuxer that failed gives no further packet
            continue
        if packet is None:
            break
        for frame in frames:
            sound = sound or open_sound(job, frame.sample_rate, frame.layout.nb_channels)
            if frame.sample_rate != sound.rate_hz:
                raise Refused("changing")
            sound.add(to_float(frame))
    if sound is None:
        raise Refused("empty")
    sound.broken = broken
    sound.declared_s = read_declared_s(container, track, job)
    return sound


def read_declared_s(container: Any, track: Any, job: Job) -> float | None:
    """The length that the container promises for this track, if it can be relied on."""
    if job.container == "mp4" and track.duration:
        return float(track.duration * track.time_base)
    if job.container == "matroska" and len(container.streams) == 1 and container.duration:
        return float(container.duration) / 1e6
    return None


def to_float(frame: Any) -> Samples:
    """A frame's samples in [-1, 1], shape (frames, channels)."""
    import numpy as np

    values = frame.to_ndarray()
    channels = frame.layout.nb_channels
    values = values.T if frame.format.is_planar else values.reshape(-1, channels)
    whole = {"u": 128.0, "i": float(2 ** (8 * values.itemsize - 1)), "f": 1.0}[values.dtype.kind]
    middle = whole if values.dtype.kind == "u" else 0.0
    scaled: Samples = ((values - middle) / whole).astype(np.float32)
    return scaled


def answer_job(data: bytes, job: Job) -> Iterator[bytes]:
    """The answer in parts: a line of JSON, then the samples."""
    decode = decode_by_libsndfile if job.decoder == "libsndfile" else decode_by_pyav
    blocks: list[Samples] = []
    try:
        sound = decode(data, job)
        if sound.frames == 0:
            raise Refused("empty")
        answer: dict[str, object] = {
            "rate_hz": sound.rate_hz,
            "frames": sound.frames,
            "broken": sound.broken,
            "declared_s": sound.declared_s,
        }
        blocks = sound.blocks
    except Refused as refused:
        answer = {"fault": refused.fault, "found": refused.found}
    except MemoryError:
        answer = {"fault": "memory", "found": ""}
    yield json.dumps(answer).encode("ascii") + b"\n"
    for block in blocks:
        yield block.tobytes()


def main() -> None:
    """Reads the job and the upload, writes the answer."""
    job = Job(**json.loads(sys.argv[1]))
    limit_process(job)
    for part in answer_job(sys.stdin.buffer.read(), job):
        sys.stdout.buffer.write(part)


if __name__ == "__main__":
    main()
