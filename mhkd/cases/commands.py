"""The commands ``mhkd cases`` and ``mhkd audit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mhkd.cases.audit_notes import noting_action
from mhkd.errors import CaseError

if TYPE_CHECKING:
    from mhkd.cases.store import CaseStore

_WHO = "command line"  # in the audit log

cases_app = typer.Typer(help="Cases that were kept on this machine.", rich_markup_mode=None)
audit_app = typer.Typer(help="The audit log without content.", rich_markup_mode=None)


@cases_app.command("list")
def list_cases(
    search: Annotated[str, typer.Option("--search", help="Words that must all be found.")] = "",
) -> None:
    """List kept cases, the latest first; no text is printed."""
    store = _open()
    for case in store.list(search):
        told = f"{case.model_label} {case.model_probability:.2f}"
        typer.echo(
            f"{case.id}  {case.kept_at:%Y-%m-%d}  until {case.expires_on}  {case.bundle_name}  "
            f"judged: {case.judgement.label}  student: {told}"
        )
    typer.echo(f"{store.count()} cases in {store.place}", err=True)


@cases_app.command("export")
def export_cases(
    out: Annotated[Path, typer.Option("--out", help="The CSV file to be written.")],
    bundle: Annotated[str, typer.Option("--bundle", help="Name of the bundle.")] = "sdcnl",
) -> None:
    """Write id, text and label of the cases whose text was kept: a recipe can train on it."""
    from mhkd.cases.place import create_private

    with noting_action("exported", _WHO, {"bundle": bundle}):
        content = _open().export_csv(bundle)
        partial = out.with_name(f"{out.name}.part")
        create_private(partial)
        try:
            partial.write_text(content, "utf-8")
            partial.replace(out)
        except OSError as fault:
            raise CaseError(f"{out} can't be written: {fault.strerror}.") from fault
        finally:
            partial.unlink(missing_ok=True)


@cases_app.command("agreement")
def tell_agreement(
    bundle: Annotated[str, typer.Option("--bundle", help="Name of the bundle.")] = "sdcnl",
) -> None:
    """Say how far judgements and the student agree: Cohen's kappa with its interval."""
    from mhkd.cases.agreement import measure_agreement

    found = [case for case in _open().list(limit=1_000_000) if case.bundle_name == bundle]
    if not found:
        raise CaseError(f"No case of the bundle {bundle} is kept.")
    agreement = measure_agreement(found, found[0].labels)
    if agreement.kappa is None or agreement.low is None:
        typer.echo(f"kappa is not defined over these {agreement.n} judged cases")
        return
    typer.echo(
        f"kappa {agreement.kappa:.2f} ({agreement.low:.2f} to {agreement.high:.2f}), "
        f"n = {agreement.n}, agreed {agreement.agreed}, left out {agreement.left_out}"
    )


@cases_app.command("delete")
def delete_cases(case_ids: Annotated[list[str], typer.Argument(help="Ids from the list.")]) -> None:
    """Delete cases for good."""
    with noting_action("deleted", _WHO, {"cases": sorted(set(case_ids))}):
        gone = _open().delete(case_ids)
    if gone < len(set(case_ids)):
        raise CaseError(f"{gone} of {len(set(case_ids))} cases were there and are deleted.")


@cases_app.command("purge")
def purge_cases() -> None:
    """Delete the cases whose retention period is over."""
    with noting_action("purged", _WHO, {}):
        gone = _open().delete_expired()
    typer.echo(f"{gone} cases deleted")


@cases_app.command("backup")
def back_up_cases(out: Annotated[Path, typer.Argument(help="The file to be written.")]) -> None:
    """Copy the SQLite file of cases."""
    from mhkd.cases.backup import back_up

    with noting_action("backed_up", _WHO, {}):
        back_up(_open().engine, out)


@cases_app.command("restore")
def restore_cases(
    source: Annotated[Path, typer.Argument(help="A file that backup wrote.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the cases there are.")
    ] = False,
) -> None:
    """Put a backup in the place of the cases there are."""
    from mhkd.cases.backup import restore

    store = _open()
    if store.count() and not replace:
        raise CaseError(f"There are {store.count()} cases already. Say --replace to lose them.")
    try:
        content = source.read_bytes()
    except OSError as fault:
        raise CaseError(f"The backup {source} can't be read: {fault.strerror}.") from fault
    with noting_action("restored", _WHO, {"bytes": len(content)}):
        restore(store.engine, content)


@audit_app.command("verify")
def verify_audit_log(
    file: Annotated[Path, typer.Argument(help="The audit log.")],
    head: Annotated[
        str | None, typer.Option("--head", help="A last hash that was noted elsewhere.")
    ] = None,
) -> None:
    """Find the first line that was changed, dropped or moved."""
    from mhkd.cases.audit import verify_log

    found = verify_log(file, head)
    typer.echo(f"{found.lines} lines, whole; last hash {found.head}")


def _open() -> CaseStore:
    from mhkd.cases.store import CaseStore

    return CaseStore.open()
