"""A cassette that is a link: its file is written, and the link stays one."""

from __future__ import annotations

import os

import pytest

from simulator.errors import CassetteError
from simulator.recording.cassette import Cassette
from simulator.recording.writing import check_writable, write_cassette


@pytest.mark.parametrize("exists", [True, False])
def test_what_a_link_leads_to_is_written(tmp_path, exists):
    shared, own = tmp_path / "shared" / "weather.yaml", tmp_path / "own.yaml"
    shared.parent.mkdir()
    if exists:
        shared.write_text("old")
    own.symlink_to(os.path.relpath(shared, tmp_path))
    check_writable(own)
    write_cassette(Cassette(interactions=[]), own)
    assert own.is_symlink()
    assert shared.read_text().startswith("cassette: 1")
    assert [path.name for path in shared.parent.iterdir()] == ["weather.yaml"]


def test_a_link_into_a_folder_that_is_not_there_is_refused_before_anything_is_recorded(tmp_path):
    own = tmp_path / "own.yaml"
    own.symlink_to(tmp_path / "nowhere" / "weather.yaml")
    with pytest.raises(CassetteError, match="no cassette can be recorded here: No such file or directory"):
        check_writable(own)
    assert [path.name for path in tmp_path.iterdir()] == ["own.yaml"]
