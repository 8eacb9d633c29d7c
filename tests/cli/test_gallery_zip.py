"""The gallery writes the ZIP of tracks that the README promises, and may replace it."""

import zipfile

from click.testing import CliRunner

from gridscan.cli import main


def call(*arguments):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_zip_of_invented_tracks_is_listed_extracted_and_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call("gallery", "--only", "track", "--dpi", "30")
    path = tmp_path / "results" / "gallery" / "tracks.zip"
    assert zipfile.ZipFile(path).testzip() is None
    assert "12 " in call("tracks", "list", str(path))
    call("tracks", "extract", str(path), "--masses", "12,14,16", "--out", "phases.csv")
    first = path.read_bytes()
    call("gallery", "--only", "track", "--dpi", "30")
    assert path.read_bytes() == first
    # One that somebody changed stays.
    path.write_bytes(first.replace(b"PK", b"PQ", 2)[:-1] + b"x")
    refused = CliRunner().invoke(main, ["gallery", "--only", "track", "--dpi", "30"])
    assert refused.exit_code == 2
    assert "tracks.zip" in refused.stderr
