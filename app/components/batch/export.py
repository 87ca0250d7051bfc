"""What can be taken away: the answers as CSV or Parquet, and one report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import streamlit as st

from app.batch_report import BatchAbout, ChosenThreshold, build_batch_report, list_versions
from app.batch_work import Job
from app.components.batch.measures import PREVALENCE, THRESHOLD
from app.components.help_lines import read_help_lines
from app.escape import write_small_print
from mhkd.batch.measured import Measured
from mhkd.batch.output import NOTICE, describe_run, tabulate_answers, write_csv, write_parquet
from mhkd.batch.run import BatchRun


def show_export(
    job: Job,
    run: BatchRun,
    bundle: str,
    sources: Mapping[str, str],
    target: str,
    measured: Measured | None = None,
) -> None:
    """Draws the downloads; each is made when it is asked for.

    Args:
        job: the batch.
        run: its answers so far.
        bundle: its name and version.
        sources: label → where such posts come from.
        target: the label that the curves are drawn for.
        measured: the rows that the page shows measures of.
    """
    threshold = _read_threshold()  # a download that is made later can't ask the session
    with_text = st.checkbox(
        "Put the posts themselves into the file",
        key="batch_export_text",
        help="Left out unless you tick this. The report never holds a post.",
    )
    id_ = job.settings.columns.id

    def tabulate() -> object:
        return tabulate_answers(
            run,
            ids=None if id_ is None else job.table.columns[id_],
            texts=run.posts.texts if with_text else None,
            about=describe_run(run) | {"bundle": bundle},
        )

    def report() -> bytes:
        about = BatchAbout(
            f"{datetime.now(UTC):%d %B %Y, %H:%M} UTC",
            bundle,
            sources,
            read_help_lines(),
            list_versions(bundle, job.opening.result().sha256),
        )
        html = build_batch_report(run, measured, about, target, threshold)
        return html.encode("utf-8", "replace")

    with st.container(horizontal=True):
        for name, make, mime in (
            ("CSV", lambda: write_csv(tabulate()), "text/csv"),
            ("Parquet", lambda: write_parquet(tabulate()), "application/vnd.apache.parquet"),
            ("Report", report, "text/html"),
        ):
            ending = "html" if name == "Report" else name.lower()
            st.download_button(
                f"Download {name if name != 'Report' else 'the report (HTML)'}",
                make,
                file_name=f"mhkd-batch.{ending}",
                mime=mime,
                key=f"batch_export_{ending}",
                on_click="ignore",
            )
    write_small_print(NOTICE)
    write_small_print(
        "Tables hold row, id, given label, each model’s probabilities, its most probable label and "
        "whether that is decided, not decided or withheld, how much of a post was read, how far it "
        "is from those the student learned from, where its sound came from, how much of it was "
        "heard and, where that was asked for, whether it says something else than the text, and "
        "why a row has no answer. The report is one file that opens without a network and holds no "
        "post."
    )


def _read_threshold() -> ChosenThreshold | None:
    state = st.session_state
    if THRESHOLD not in state:
        return None
    percent = state.get(PREVALENCE)
    return ChosenThreshold(state[THRESHOLD], None if percent is None else percent / 100)
