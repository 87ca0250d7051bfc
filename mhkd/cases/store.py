"""Kept cases: keep, list, search, read, delete for good, export."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, and_, delete, func, insert, or_, select

from mhkd.cases.place import connect, find_url, holds_cases, prepare, saying_faults
from mhkd.cases.records import Case, Judgement, NewCase
from mhkd.cases.schema import cases
from mhkd.errors import CaseError
from mhkd.formulas import disarm
from mhkd.limits import MAX_LISTED_CASES

_SHOWN = [column for column in cases.c if column.name != "analysis"]


def new_id() -> str:
    """An id unlike any other."""
    return secrets.token_hex(8)


class CaseStore:
    """The cases of one database. Nothing is created before the first case is kept."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._ready = False

    @classmethod
    def open(cls) -> CaseStore:
        """The store that the environment names, or the user's own.

        Raises:
            CaseError: the URL can't be used.
        """
        return cls(connect(find_url()))

    @property
    def place(self) -> str:
        """Where the cases lie, without any password."""
        if self.engine.dialect.name == "sqlite":
            return str(self.engine.url.database)
        return self.engine.url.render_as_string(hide_password=True)

    def keep(self, new: NewCase) -> str:
        """Stores a case; makes the database if this is the first one.

        Returns:
            The case's id.
        """
        prepare(self.engine)
        self._ready = True
        case = new.case
        with saying_faults(), self.engine.begin() as connection:
            connection.execute(
                insert(cases).values(
                    **{name: getattr(case, name) for name in _plain_names()},
                    kept_at=case.kept_at.astimezone(UTC).replace(tzinfo=None),
                    labels=list(case.labels),
                    judgement=case.judgement.label,
                    judged_first=case.judgement.first,
                    judged_after=case.judgement.after,
                    note=case.judgement.note,
                    analysis=dict(new.analysis),
                )
            )
        return case.id

    def list(self, search: str = "", *, limit: int = MAX_LISTED_CASES) -> tuple[Case, ...]:
        """Cases, the latest first, whose text, note, judgement or id holds every word given."""
        if not self._exists():
            return ()
        searched = (
            cases.c.text,
            cases.c.note,
            cases.c.judgement,
            cases.c.judged_after,
            cases.c.id,
            cases.c.bundle_name,
        )
        wanted = and_(
            True,  # noqa: FBT003
            *(
                or_(*(column.icontains(word, autoescape=True) for column in searched))
                for word in search.split()
            ),
        )
        query = select(*_SHOWN).where(wanted).order_by(cases.c.kept_at.desc(), cases.c.id)
        with saying_faults(), self.engine.connect() as connection:
            return tuple(_as_case(row) for row in connection.execute(query.limit(limit)).mappings())

    def count(self) -> int:
        """How many cases are kept."""
        if not self._exists():
            return 0
        with saying_faults(), self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(cases)).scalar_one())

    def read_analysis(self, case_id: str) -> Mapping[str, Any]:
        """The numbers of a case.

        Raises:
            CaseError: there is no such case.
        """
        found = None
        if self._exists():
            with saying_faults(), self.engine.connect() as connection:
                query = select(cases.c.analysis).where(cases.c.id == case_id)
                found = connection.execute(query).scalar_one_or_none()
        if found is None:
            raise CaseError("There is no such case; it may have been deleted. Reload the list.")
        return dict(found)

    def delete(self, case_ids: Sequence[str]) -> int:
        """Deletes cases for good and rewrites the database without them.

        Returns:
            How many there were.
        """
        return self._delete(cases.c.id.in_(list(case_ids)))

    def delete_expired(self, today: date | None = None) -> int:
        """Deletes the cases whose day has come; returns how many."""
        return self._delete(cases.c.expires_on <= (today or datetime.now(UTC).date()))

    def export_csv(self, bundle_name: str) -> str:
        """The cases of a bundle that a recipe can train on: id, text, label, judged_first.

        Those are the cases with a text and with a label of the bundle as the last judgement;
        ``judged_first`` is the one that was noted before the answers were seen, empty where none
        was. A text that a spreadsheet would run as a formula gets an apostrophe in front.
        """
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("id", "text", "label", "judged_first"))
        for case in self.list(limit=1_000_000):
            if (
                case.bundle_name == bundle_name
                and case.text is not None
                and case.judgement.last in case.labels
            ):
                first = case.judgement.label if case.judgement.first else ""
                writer.writerow((case.id, disarm(case.text), case.judgement.last, first))
        return stream.getvalue()

    def _delete(self, which: Any) -> int:
        if not self._exists():
            return 0
        with saying_faults(), self.engine.begin() as connection:
            gone = int(connection.execute(delete(cases).where(which)).rowcount)
        if gone:
            with saying_faults(), self.engine.connect() as connection:
                _rewrite(connection)
        return gone

    def _exists(self) -> bool:
        if not self._ready and holds_cases(self.engine):
            prepare(self.engine)
            self._ready = True
        return self._ready


def _plain_names() -> tuple[str, ...]:
    return (
        "id",
        "expires_on",
        "bundle_name",
        "bundle_version",
        "bundle_sha256",
        "model_label",
        "model_probability",
        "outside",
        "withheld",
        "text",
    )


def _as_case(row: RowMapping) -> Case:
    return Case(
        **{name: row[name] for name in _plain_names()},
        kept_at=row["kept_at"].replace(tzinfo=UTC),
        labels=tuple(row["labels"]),
        judgement=Judgement(
            row["judgement"], row["judged_first"], row["note"], row["judged_after"]
        ),
    )


def _rewrite(connection: Connection) -> None:
    outside = connection.execution_options(isolation_level="AUTOCOMMIT")
    full = "VACUUM" if connection.dialect.name == "sqlite" else f"VACUUM FULL {cases.name}"
    outside.exec_driver_sql(full)
