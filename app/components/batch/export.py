"""What can be taken away: the answers as CSV or Parquet, and one report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import streamlit as st

from app.batch_report import BatchAbout, build_batch_report, list_versions
from app.batch_work import Job
from app.components.help_lines import read_help_lines
from app.escape import write_small_print
from mhkd.batch.output import describe_run, tabulate_answers, write_csv, write_parquet
from mhkd.batch.run import BatchRun


def show_export(
    job: Job, run: BatchRun, bundle: str, sources: Mapping[str, str], target: str
) -> None:
    """Draws the downloads; each is made when it is asked for."""
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
        return build_batch_report(job, run, about, target).encode("utf-8", "replace")

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
    write_small_print(
        "Tables hold row, id, given label, each model’s probabilities and answer, how far a post "
        "is from those the student learned from, where its sound came from, and why a row has no "
        "answer. The report is one file that opens without a network and holds no post."
    )
