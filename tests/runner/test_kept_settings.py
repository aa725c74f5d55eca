"""The settings of a run are written down whole and read back as they were."""

import datetime as dt
from dataclasses import replace

import pytest

from pipeline.config import AgreementChoice, Settings, TerrainChoice, load_config, parse_config
from pipeline.errors import InputError
from pipeline.runner.kept_settings import keep_settings, kept_settings, named_paths, settings_text, with_paths


def test_defaults_and_shipped_and_sample_configurations_come_back(project_root, tmp_path):
    for path in (None, project_root / "configs" / "default.toml", project_root / "sample_frames" / "sample.toml"):
        settings = load_config(path)
        settings = with_paths(settings, {named: named.resolve() for named in named_paths(settings)})

        assert parse_config(settings_text(settings), tmp_path / "settings.toml") == settings


def test_what_is_not_the_default_comes_back_too(tmp_path):
    told = Settings(
        agreement=AgreementChoice(tmp_path / 'odd "name".toml', dt.datetime(2021, 3, 4, 5, tzinfo=dt.UTC)),
        terrain=TerrainChoice(tmp_path / "grün.tif", "egm96", 0.25, 0.0),
        matcher=None,
    )

    keep_settings(tmp_path, told)

    assert kept_settings(tmp_path) == told


def test_relative_paths_are_kept_whole_so_that_any_folder_may_ask(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    given = replace(settings, terrain=TerrainChoice(tmp_path.relative_to(tmp_path) / "dem.tif"))

    keep_settings(tmp_path, given)

    assert kept_settings(tmp_path).terrain.path == tmp_path / "dem.tif"


def test_a_work_folder_without_settings_is_told_with_the_remedy(tmp_path):
    with pytest.raises(InputError, match="--config"):
        kept_settings(tmp_path)
