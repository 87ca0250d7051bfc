"""Ray Serve over the analyser: HTTP with OpenAPI, batches formed of single requests.

Many requests are in a copy at once, but its analyser lets in one after the other: the queue
behind its gate is short, and who finds it full is told so with status 429.
"""

# Annotations are not postponed here: FastAPI reads them from methods that Ray has wrapped.

import asyncio
import dataclasses
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import ray.exceptions
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from ray import serve
from ray.serve.config import BackpressureConfig
from starlette.responses import Response

from mhkd.errors import InputError, MhkdError
from mhkd.limits import MAX_SERVED_AT_ONCE
from mhkd.quiet_logs import quieten_logs
from mhkd.remote.wire import (
    COMPARES,
    ExplainRequest,
    PostRequest,
    TextsRequest,
    describe_fault,
    write_progress,
    write_tokens,
)
from mhkd.scale.cluster import joined
from mhkd.scale.guard import RETRY_S, TOKEN_HASH, guard, hash_token, refuse
from mhkd.scale.streaming import Tell, stream

APP: Final = "mhkd"
_BATCH: Final = 32
_BATCH_WAIT_S: Final = 0.01

api = FastAPI(
    title="mhkd",
    description="Labels posts, not people; not a diagnosis.",
    docs_url=None,  # its pages would load scripts from elsewhere
    redoc_url=None,
)
guard(api)


@api.exception_handler(RequestValidationError)
async def _tell_invalid(_: Request, fault: Exception) -> Response:
    return refuse(422, "input", describe_fault(fault))


@serve.deployment(
    max_ongoing_requests=MAX_SERVED_AT_ONCE,
    max_queued_requests=MAX_SERVED_AT_ONCE,
    backpressure_config=BackpressureConfig(status_code=429, retry_after_s=RETRY_S),
    health_check_period_s=5,
)
@serve.ingress(api)
class Service:
    """One copy of the models.

    Args:
        bundle: name or folder.
        threads: of PyTorch.
        token_hash: of the token that callers must bring; empty where none is needed.
    """

    def __init__(self, bundle: str, threads: int, token_hash: str) -> None:
        import torch

        from mhkd.analyser import Analyser

        quieten_logs()
        os.environ[TOKEN_HASH] = token_hash  # of this process alone; its guard reads it there
        torch.set_num_threads(threads)
        self._analyser = Analyser.open(bundle)
        # One thread for each request: who must be told "busy" can't wait for a thread first.
        self._threads = ThreadPoolExecutor(MAX_SERVED_AT_ONCE, thread_name_prefix="request")

    @api.get("/v1/bundle")
    def tell_bundle(self) -> dict[str, Any]:
        """What the models say of themselves."""
        return self._analyser.manifest.model_dump(mode="json")

    @api.get("/v1/bundle/reports")
    def tell_reports(self) -> dict[str, Any]:
        """The bundle's hash, its model card, and what was measured of it."""
        return {
            "sha256": self._analyser.sha256,
            "card": self._analyser.read_card(),
            "explanations": self._analyser.explanation_report,
            "behaviour": self._analyser.behaviour_report,
            COMPARES: self._analyser.missing_transcriber is None,
        }

    @api.post("/v1/predict")
    async def predict(self, asked: PostRequest) -> dict[str, Any]:
        """The student's calibrated probabilities; single requests are answered in batches."""
        found: dict[str, Any] = await self._predict_batch(asked.text)
        if found["fault"] is not None:
            raise InputError(found["fault"])
        return {"bundle": self._analyser.manifest.name, "probabilities": found["probabilities"]}

    @api.post("/v1/analyse")
    async def analyse(self, asked: PostRequest) -> dict[str, Any]:
        """All models about one post."""
        cancel = threading.Event()
        try:
            found: dict[str, Any] = await self._in_thread(
                lambda: self._analyse(asked, cancel).to_json()
            )
            return found
        finally:
            cancel.set()

    @api.post("/v1/analyse/stream")
    async def analyse_stream(self, asked: PostRequest) -> StreamingResponse:
        """The same, each stage as a line of JSON as it begins; ``done`` is the last."""

        def work(cancel: threading.Event, tell: Tell) -> Any:
            sent = asked.recording is not None

            def tell_progress(progress: Any) -> None:
                nonlocal sent
                with_sound = progress.recording is not None and not sent
                sent = sent or with_sound
                if progress.stage != "done":
                    tell({"progress": write_progress(progress, with_sound=with_sound)})

            return self._analyse(asked, cancel, tell_progress).to_json()

        return self._stream(work)

    @api.post("/v1/explain/stream")
    async def explain_stream(self, asked: ExplainRequest) -> StreamingResponse:
        """One explanation."""

        def work(cancel: threading.Event, tell: Tell) -> Any:
            found = self._analyser.explain(asked.post(), asked.model, asked.target, cancel=cancel)
            return None if found is None else dataclasses.asdict(found)

        return self._stream(work)

    @api.post("/v1/predict/stream")
    async def predict_stream(self, asked: TextsRequest) -> StreamingResponse:
        """Probabilities of up to 64 posts by any models."""

        def work(cancel: threading.Event, tell: Tell) -> Any:
            found = self._analyser.answer_texts(asked.texts, asked.models, cancel=cancel)
            tell({"tokens": write_tokens(found.tokens)})
            return {model: rows.tolist() for model, rows in found.probabilities.items()}

        return self._stream(work)

    @serve.batch(max_batch_size=_BATCH, batch_wait_timeout_s=_BATCH_WAIT_S)
    async def _predict_batch(self, texts: list[str]) -> list[dict[str, Any]]:
        from mhkd.batch.score import score_rows

        ids = [str(place) for place in range(len(texts))]
        table = await self._in_thread(lambda: score_rows(self._analyser, ids, texts, ("student",)))
        labels = self._analyser.labels
        return [
            {
                "fault": row["fault"],
                "probabilities": {label: row[f"student_{label}"] for label in labels},
            }
            for row in table.to_pylist()
        ]

    def _analyse(self, asked: PostRequest, cancel: threading.Event, tell: Any = None) -> Any:
        return self._analyser.analyse(
            asked.post(),
            explain=asked.explain,
            target=asked.target,
            speak=asked.speak,
            compare_recording=asked.compare_recording,
            on_progress=tell,
            cancel=cancel,
        )

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _stream(self, work: Any) -> StreamingResponse:
        lines: AsyncIterator[str] = stream(work, lambda: self._analyser.waiting)
        return StreamingResponse(lines, media_type="application/x-ndjson")


def serve_forever(
    bundle: str, host: str, port: int, *, replicas: int, threads: int, address: str | None
) -> None:
    """Serves until it is interrupted.

    Raises:
        MhkdError: the cluster can't be joined, or the models can't be opened.
        InputError: there is no token, and others than this machine would reach the service.
    """
    quieten_logs()
    hash_token(host)  # before Ray is started for nothing
    with joined(address):
        start(bundle, host, port, replicas=replicas, threads=threads)
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            stop()


def stop() -> None:
    """Ends the service; the Ray that was joined goes on."""
    end: Any = serve.shutdown
    end()


def start(bundle: str, host: str, port: int, *, replicas: int = 1, threads: int = 1) -> None:
    """Serves on the Ray that was joined; returns when the models are open.

    Raises:
        MhkdError: the models can't be opened.
        InputError: as ``serve_forever``.
    """
    token_hash = hash_token(host)
    serve.start(http_options={"host": host, "port": port})
    deployment: Any = Service
    try:
        serve.run(
            deployment.options(num_replicas=replicas, ray_actor_options={"num_cpus": threads}).bind(
                bundle, threads, token_hash
            ),
            name=APP,
        )
    except (RuntimeError, ray.exceptions.RayError) as fault:
        raise MhkdError(
            f"The models of '{bundle}' can't be served. Does `mhkd bundles` list it as whole?"
        ) from fault
