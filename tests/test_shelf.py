"""Bundles are listed without being opened, one's own beside those that ship."""

from mhkd import shelf


def test_own_bundles_stand_beside_the_shipped(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "bundle.json").write_text('{"title": "Mine"}')
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "bundle.json").write_text("no JSON")
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv(shelf.OWN_BUNDLES, str(tmp_path))
    found = {bundle.key: bundle for bundle in shelf.list_shelf()}
    assert found["own:mine"].title == "Mine"
    assert found["own:mine"].folder == tmp_path / "mine"
    assert found["own:broken"].title == "own:broken"
    assert "own:empty" not in found
    monkeypatch.delenv(shelf.OWN_BUNDLES)
    assert not [bundle for bundle in shelf.list_shelf() if bundle.key.startswith("own:")]
