"""A process that forks one limited child for each file, so that libraries load once.

Run by path, as the decoder itself is. Each child sets the limits of its job and decodes with
the very functions of ``decode_worker``; only the start of the interpreter is saved. Standard
input: jobs and files, each after its length. Standard output: how each child ended, the length
of its answer, and the answer.
"""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import sys
import time


def main() -> None:
    sys.path.insert(0, sys.argv[1])
    import av
    import decode_worker
    import numpy
    import soundfile

    loaded = (av, numpy, soundfile)
    while loaded:
        head = sys.stdin.buffer.read(16)
        if len(head) < 16:
            return
        job_bytes, data_bytes = struct.unpack("<QQ", head)
        job = json.loads(sys.stdin.buffer.read(job_bytes))
        data = sys.stdin.buffer.read(data_bytes)
        status, answer = decode_in_child(decode_worker, job, data, float(sys.argv[2]))
        sys.stdout.buffer.write(struct.pack("<qQ", status, len(answer)) + answer)
        sys.stdout.buffer.flush()


def decode_in_child(worker, job, data, wall_s):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 3
        try:
            limits = worker.Job(**job)
            worker.limit_process(limits)
            with os.fdopen(writing, "wb") as stream:
                for part in worker.answer_job(data, limits):
                    stream.write(part)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    answer, end = bytearray(), time.monotonic() + wall_s
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            os.kill(child, signal.SIGKILL)
            answer = bytearray(b"TIME")
            break
        part = os.read(reading, 1 << 20)
        if not part:
            break
        answer += part
    os.close(reading)
    _, ended = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(ended), bytes(answer)


if __name__ == "__main__":
    main()
