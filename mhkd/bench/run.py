"""One run: everything timed beside its reference, in turn, in the same minutes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from transformers import BertConfig

from mhkd.analyser import Analyser
from mhkd.audio.features import resample
from mhkd.audio.speak import open_voice, speak_post
from mhkd.batch_predictions import BatchRequest, predict_posts
from mhkd.bench.clock import Action, Timing, time_in_turn
from mhkd.bench.explanations import prepare_explanations
from mhkd.bench.forwards import prepare_block, prepare_passes
from mhkd.bench.machine import describe_machine, read_peak_memory_mb
from mhkd.bench.opening import Opened, open_afresh
from mhkd.bench.posts import write_post, write_posts
from mhkd.bench.references import (
    count_operations,
    measure_products,
    open_bert_base,
    open_own_checkpoint,
)
from mhkd.bundle import load_bundle
from mhkd.device import default_device, has_fast_bf16
from mhkd.errors import InputError
from mhkd.models.audio import encode_sound
from mhkd.models.family import predict_family
from mhkd.models.members import Members
from mhkd.models.rounded import round_member
from mhkd.post import Post, Recording
from mhkd.predictions import answer_emotion, answer_sound, answer_text, read_as_student

SCHEMA_VERSION: Final = 1
_BLOCK_WINDOWS, _BLOCK_TOKENS = 32, 128
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes:
        rounds: of single posts; blocks and batches take a third of it, at least 3.
        words: of the single post.
        posts: in the batch.
        explained: also time explanations, and once an analysis with all of them.
        reference: size of the BERT-base pipeline; None is BERT-base.
    """

    rounds: int = 9
    words: int = 100
    posts: int = 32
    explained: bool = True
    reference: BertConfig | None = None

    @property
    def long_rounds(self) -> int:
        """Rounds of what takes seconds."""
        return max(min(3, self.rounds), self.rounds // 3)


@dataclass(frozen=True)
class Report:
    """What was measured.

    Attributes:
        ratios: by the minimum of each time. Named ``…_times_faster`` where they are
            reference / ours, ``…_share`` or ``…_over_…`` otherwise.
        ratios_of_medians: the same by the medians.
        times: name → times.
        memory_mb: most memory held, of a process with the bundle alone and of this one.
        machine: what it ran on.
        plan: how much was measured.
    """

    ratios: dict[str, float]
    ratios_of_medians: dict[str, float]
    times: dict[str, Timing]
    memory_mb: dict[str, float | None]
    machine: dict[str, Any]
    plan: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "schema_version": SCHEMA_VERSION,
            "ratios": self.ratios,
            "ratios_of_medians": self.ratios_of_medians,
            "times_ms": {name: asdict(timing) for name, timing in self.times.items()},
            "memory_mb": self.memory_mb,
            "machine": self.machine,
            "plan": self.plan,
        }


# name → (numerator, denominator) among the times; bf16 only where the device is built for it
RATIOS: Final = {
    "student_times_faster_than_bert_base_pipeline": ("pipeline_bert_base", "student"),
    "student_times_faster_than_own_checkpoint_pipeline": ("pipeline_own_checkpoint", "student"),
    "student_times_faster_than_teachers": ("teachers_spoken_already", "student"),
    "student_times_faster_than_teachers_and_speaking": ("teachers_and_speaking", "student"),
    "text_times_faster_than_bert_base_pipeline": ("pipeline_bert_base", "text"),
    "audio_times_faster_than_bert_base_pipeline": ("pipeline_bert_base", "audio"),
    "emotion_times_faster_than_bert_base_pipeline": ("pipeline_bert_base", "emotion"),
    "student_batch_times_faster_than_bert_base_pipeline": (
        "batch_pipeline_bert_base", "batch_student"),
    "student_batch_times_faster_than_own_checkpoint_pipeline": (
        "batch_pipeline_own_checkpoint", "batch_student"),
    "student_bf16_batch_times_faster_than_bert_base_pipeline": (
        "batch_pipeline_bert_base", "batch_student_bf16"),
    "student_bf16_batch_times_faster_than_student_batch": (
        "batch_student", "batch_student_bf16"),
    "text_batch_times_faster_than_bert_base_pipeline": (
        "batch_pipeline_bert_base", "batch_text"),
    "emotion_batch_times_faster_than_bert_base_pipeline": (
        "batch_pipeline_bert_base", "batch_emotion"),
    "analysis_over_forwards": ("analysis", "forwards"),
    "explained_analysis_over_analysis": ("analysis_explained", "analysis"),
    "student_words_first_over_passes": ("student_words_first", "student_pass"),
    "student_words_all_over_passes": ("student_words_all", "student_pass"),
    "sound_first_over_passes": ("sound_first", "audio_pass"),
    "sound_all_over_passes": ("sound_all", "audio_pass"),
    "opening_over_importing_libraries": ("opening", "importing_libraries"),
}  # fmt: skip


@dataclass(eq=False)
class Bench:
    """The bundle under test, its references, and the times so far."""

    bundle: str
    plan: Plan
    device: str
    say: Say
    times: dict[str, Timing] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._opened: Opened | None = None
        self._loaded = load_bundle(self.bundle)
        self._members: Members = self._loaded.load_members(self.device)
        self._analyser = Analyser(self._loaded, replace(self._members, family=None))
        self._text = write_post(self.plan.words)
        self._spoken = self._speak()
        self._shares: dict[str, Timing] = {}

    def measure_opening(self) -> None:
        """Start-up and memory, in processes of their own."""
        found = [
            open_afresh(self.bundle, self.plan.words, self.device)
            for _ in range(self.plan.long_rounds)
        ]
        self._opened = found[-1]
        for name, values in (
            ("importing_libraries", [one.libraries_s for one in found]),
            ("opening", [one.open_s for one in found]),
            ("first_analysis", [one.first_answer_s for one in found]),
        ):
            self.times[name] = _as_timing(values)

    def measure_single(self) -> None:
        """One post, model by model, beside the pipelines and the teachers' way."""
        members, device = self._members, self._members.device
        base = open_bert_base(members.student.tokenizer, device, self.plan.reference)
        own = open_own_checkpoint(members.student, device)
        actions: dict[str, Action] = {
            "student": lambda: answer_text(members.student, self._text),
            "pipeline_bert_base": lambda: base.answer(self._text),
            "text": lambda: answer_text(members.text, self._text),
            "pipeline_own_checkpoint": lambda: own.answer(self._text),
            "audio": lambda: self._hear(self._spoken),
            "emotion": lambda: answer_emotion(members.emotion, self._text),
            "speaking": self._speak,
            "teachers_spoken_already": lambda: self._ask_teachers(self._spoken),
            "teachers_and_speaking": lambda: self._ask_teachers(self._speak()),
        }
        self.times |= time_in_turn(actions, self.plan.rounds)
        texts = write_posts(self.plan.posts, max_words=max(self.plan.words, 350))
        many: dict[str, Action] = {
            "batch_student": lambda: self._predict(texts, "student"),
            "batch_pipeline_bert_base": lambda: base.answer_many(texts),
            "batch_text": lambda: self._predict(texts, "text"),
            "batch_pipeline_own_checkpoint": lambda: own.answer_many(texts),
            "batch_emotion": lambda: self._predict(texts, "emotion"),
        }
        if has_fast_bf16(self.device):
            rounded = replace(members, student=round_member(members.student))
            many["batch_student_bf16"] = lambda: self._predict(texts, "student", rounded)
        self.times |= time_in_turn(many, self.plan.long_rounds, warm=False)

    def measure_analysis(self) -> None:
        """A whole analysis beside its models' own forward passes.

        Speaking, and the students of subsets where the bundle has them, are apart.
        """
        post = Post(self._text, self._spoken)
        passes = prepare_passes(self._members, post)
        actions: dict[str, Action] = {
            "analysis": lambda: self._analyser.analyse(post, explain="none"),
            "forwards": lambda: [run() for run in passes.values()],
        }
        family, student = self._members.family, self._members.student
        if family is not None:
            read = read_as_student(student, self._text)
            actions["students_of_subsets"] = lambda: predict_family(
                family, read.batch, lower=read.lower
            )
        self.times |= time_in_turn(actions, self.plan.rounds)
        if self.plan.explained:
            explained: dict[str, Action] = {
                "analysis_explained": lambda: self._analyser.analyse(post, explain="all")
            }
            self.times |= time_in_turn(explained, 1, warm=False)

    def measure_explanations(self) -> None:
        """Explanations of words and of sound, in passes of their own model."""
        actions = prepare_explanations(self._loaded, self._members, self._spoken)
        self.times |= time_in_turn(actions, self.plan.long_rounds)

    def measure_share(self) -> dict[str, float]:
        """Operations of 32 windows of 128 tokens a second, over the machine's own rate."""
        found = {}
        for name, member in (("student", self._members.student), ("text", self._members.text)):
            run = prepare_block(member, _BLOCK_WINDOWS, _BLOCK_TOKENS)
            rounds = max(2, self.plan.long_rounds)
            rate = measure_products(self._members.device)
            self.times |= time_in_turn({f"{name}_32x128": run}, rounds)
            rate = max(rate, measure_products(self._members.device))
            config: Any = member.model.encoder.config
            operations = count_operations(config, _BLOCK_WINDOWS, _BLOCK_TOKENS)
            milliseconds = self.times[f"{name}_32x128"].minimum
            found[f"{name}_share_of_matrix_product_rate"] = operations / milliseconds / 1e6 / rate
        return found

    def report(self, shares: dict[str, float]) -> Report:
        """The ratios of what was measured."""
        present = {
            name: (self.times[above], self.times[below])
            for name, (above, below) in RATIOS.items()
            if above in self.times and below in self.times
        }
        memory = {"this_process": read_peak_memory_mb()}
        if self._opened is not None:
            memory["bundle_open"] = self._opened.memory_open_mb
            memory["bundle_and_one_analysis"] = self._opened.memory_mb
        plan = asdict(self.plan) | {"bundle": self.bundle, "reference": self._name_reference()}
        return Report(
            {n: above.minimum / below.minimum for n, (above, below) in present.items()} | shares,
            {n: above.median / below.median for n, (above, below) in present.items()},
            self.times,
            memory,
            describe_machine(self._members.device),
            plan,
        )

    def _name_reference(self) -> str:
        return "BERT-base size, random weights" if self.plan.reference is None else "a smaller size"

    def _predict(self, texts: Sequence[str], model: str, members: Members | None = None) -> object:
        manifest = self._analyser.manifest
        request = BatchRequest(members or self._members, manifest, texts, lambda *_: None)
        return predict_posts(request, (model,))

    def _speak(self) -> Recording:
        settings = self._analyser.manifest.audio
        found = speak_post(self._text, open_voice(settings.voice), max_words=settings.spoken_words)
        if found is None:
            raise InputError("The voice said nothing of the post that is timed.")
        return found

    def _hear(self, recording: Recording) -> object:
        member = self._members.audio
        return answer_sound(member, encode_sound(member.extractor, resample(recording)))

    def _ask_teachers(self, recording: Recording) -> None:
        answer_text(self._members.text, self._text)
        answer_emotion(self._members.emotion, self._text)
        self._hear(recording)


def run_bench(bundle: str, plan: Plan, *, device: str | None = None, say: Say) -> Report:
    """Measures a bundle.

    Args:
        bundle: name or folder.
        plan: how much.
        device: a torch device; None takes CUDA where it is present.
        say: told what is measured next.

    Raises:
        BundleError: the bundle can't be opened.
    """
    chosen = device or default_device()
    bench = Bench(bundle, plan, chosen, say)
    say("start-up and memory, in processes of their own")
    bench.measure_opening()
    say("one post and a batch, beside the pipelines")
    bench.measure_single()
    say("matrix products")
    shares = bench.measure_share()
    say("whole analyses")
    bench.measure_analysis()
    if plan.explained:
        say("explanations")
        bench.measure_explanations()
    return bench.report(shares)


def _as_timing(seconds: Sequence[float]) -> Timing:
    ordered = sorted(seconds)
    return Timing(ordered[0] * 1000, ordered[len(ordered) // 2] * 1000, len(ordered))
