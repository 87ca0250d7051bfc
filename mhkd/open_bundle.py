"""A bundle that is open: its models in memory, and what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from mhkd.bundle import CARD, Bundle, load_bundle
from mhkd.device import default_device, has_fast_bf16
from mhkd.errors import InputError
from mhkd.gate import Gate
from mhkd.manifest import Manifest
from mhkd.models.members import Members
from mhkd.models.rounded import round_member, round_region


class OpenBundle:
    """The models of one bundle, in memory, behind a gate.

    Attributes:
        manifest: what the bundle says of itself.
    """

    def __init__(self, bundle: Bundle, members: Members, *, rounded: bool = False) -> None:
        self.manifest: Manifest = bundle.manifest
        self._bundle, self._members = bundle, members
        self._scorers = members
        if rounded:
            region = None if members.familiar is None else round_region(members.familiar)
            student = round_member(members.student)
            self._scorers = replace(members, student=student, familiar=region)
        self._gate = Gate()

    @classmethod
    def open(
        cls, name_or_path: str | Path, *, device: str | None = None, rounded: bool = False
    ) -> Self:
        """Verifies a bundle and loads its models, in float32.

        Args:
            name_or_path: a name in ``assets/bundles``, or a folder.
            device: a torch device; None takes CUDA where it is present.
            rounded: ``predict_texts`` asks a copy of the student in bf16, which is
                several times faster where the device multiplies in it.

        Raises:
            BundleError: the bundle is missing, damaged, or made for another version.
            InputError: ``rounded``, and the device gains nothing by it.
        """
        chosen = device or default_device()
        if rounded and not has_fast_bf16(chosen):
            raise InputError(
                f"The device '{chosen}' is not built for bf16 (AMX on a CPU): rounded answers "
                "would not come faster. Leave bf16 out."
            )
        bundle = load_bundle(name_or_path)
        return cls(bundle, bundle.load_members(chosen), rounded=rounded)

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the logits."""
        return self.manifest.labels

    @property
    def sha256(self) -> str:
        """Of the bundle's manifest."""
        return self._bundle.sha256

    @property
    def explanation_report(self) -> dict[str, Any] | None:
        """How explanations fared on held-out posts; None where that was not measured."""
        return self._bundle.explanation_report

    @property
    def behaviour_report(self) -> dict[str, Any] | None:
        """How answers change over written pairs of posts; None where that was not measured."""
        return self._bundle.behaviour_report

    def read_card(self) -> str | None:
        """The bundle's model card in Markdown, None if it has none."""
        file = self._bundle.folder / CARD
        return file.read_text("utf-8") if CARD in self.manifest.files else None

    @property
    def device(self) -> str:
        """The torch device that the models are on."""
        return str(self._members.device)

    @property
    def waiting(self) -> int:
        """Callers in the queue."""
        return self._gate.waiting
