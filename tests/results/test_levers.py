"""What was compared on held-out posts, beside what ships."""

from mhkd.bundle import load_bundle
from mhkd.metrics import compare_shares
from mhkd.results.levers import tell_levers


def test_gains_are_those_over_the_row_that_ships():
    manifest = load_bundle("sdcnl").manifest
    told = tell_levers(manifest)
    plain, fitted, *_ = manifest.data["validation"]["mean_rules"]
    gap = compare_shares(fitted["accuracy"], plain["accuracy"], 1516)
    low, high = (f"{100 * value:+.1f}".replace("-", "−") for value in gap["interval"])
    assert "The teachers' mean (n = 1,516):" in told
    line = next(row for row in told.splitlines() if row.startswith("| weights of least log-loss"))
    assert f"+{100 * gap['difference']:.1f} [{low}, {high}]" in line
    assert line.endswith(f"| +{plain['log_loss'] - fitted['log_loss']:.3f} |")
    assert "| **contexts and graph** | **70.6 [68.2, 72.8]** |" in told
    assert "The student's loss, all without masked copies, one seed (n = 506):" in told


def test_the_papers_loss_is_named():
    manifest = load_bundle("sdcnl").manifest
    seen = manifest.data["validation"]
    papers = {**seen["loss_study"][0], "alpha": 0.667, "paper_loss": True, "accuracy": 0.75}
    study = {**seen, "loss_study": [*seen["loss_study"], papers]}
    data = {**manifest.data, "validation": study}
    told = tell_levers(manifest.model_copy(update={"data": data}))
    assert "| the paper's CE + KL/C, plain mean | 75.0 [" in told


def test_a_bundle_that_compared_nothing_has_no_table():
    manifest = load_bundle("sdcnl").manifest
    assert tell_levers(manifest.model_copy(update={"data": {}})) == ""
