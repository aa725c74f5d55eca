from pathlib import Path

import pytest

from pipeline.config import Settings, config_sha256, configs_folder, load_config, parse_config
from pipeline.errors import ConfigError


def test_the_shipped_configuration_says_what_the_defaults_are():
    assert load_config(configs_folder() / "default.toml") == Settings()


def test_detectors_take_their_own_settings_by_name():
    settings = parse_config("[detectors.movement]\nname = 'motion'\nmin_hits = 5\n", Path("night.toml"))

    assert settings.movement.settings.min_hits == 5
    assert settings.change == Settings().change


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[terain]\n", r"night\.toml:1: unknown key 'terain'; did you mean 'terrain'\?"),
        ("[detectors.movement]\nname = 'yolo'\n", r"night\.toml:2 .*no detector 'yolo'; known are motion"),
        ("\n[mosaic]\ngsd_mm = '5'\n", r"night\.toml:3 \[mosaic\]: 'gsd_mm' must be a whole number"),
        ("[agreement\n", r"night\.toml:1: not valid TOML"),
    ],
)
def test_what_is_wrong_names_file_and_line(text, said):
    with pytest.raises(ConfigError, match=said):
        parse_config(text, Path("night.toml"))


def test_the_hash_follows_contents_and_not_places(tmp_path):
    here, there = Path("a/dem.tif"), Path("b/dem.tif")
    first = parse_config("[terrain]\npath = 'dem.tif'\n", Path("a/night.toml"))
    second = parse_config("[terrain]\npath = 'dem.tif'\n", Path("b/night.toml"))

    assert config_sha256(first, {here: "1"}) == config_sha256(second, {there: "1"})
    assert config_sha256(first, {here: "1"}) != config_sha256(first, {here: "2"})
    faster = parse_config("[batch]\nsortie_timeout_s = 60.0\n[terrain]\npath = 'dem.tif'\n", Path("a/night.toml"))
    assert config_sha256(faster, {here: "1"}) == config_sha256(first, {here: "1"}), (
        "how long it may take decides nothing"
    )
