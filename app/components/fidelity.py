"""A button that measures an explanation: does it foresee changes, does it hold under a shake?"""

from __future__ import annotations

from functools import partial

from app.asked_acts import measure_fidelity, name_fidelity
from app.components.asked import offer_work
from app.work import Case, ExplainedModel
from mhkd.analysis import Attribution, has_enough_parts, is_occlusion


def offer_fidelity(case: Case, model: ExplainedModel, found: Attribution) -> None:
    """Draws the button, unless the explanation is measured or has too few parts for it.

    Args:
        case: with its analysis.
        model: whose explanation it is.
        found: the explanation.
    """
    if found.fidelity is not None or not has_enough_parts(found):
        return
    offer_work(
        case,
        name_fidelity(model, found.target),
        "Measure infidelity" if is_occlusion(found) else "Measure infidelity and sensitivity",
        partial(measure_fidelity, model, found.target),
    )
