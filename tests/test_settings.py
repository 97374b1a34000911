"""Settings: one schema, from defaults, file and environment; all mistakes at once."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from pucci.errors import SettingsError
from pucci.settings import SECTIONS, CameraSettings, Settings, settings_of
from pucci.settings_file import read_settings


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "pucci.toml"
    file.write_text(text)
    return file


def test_without_file_or_environment_the_defaults_hold(tmp_path: Path):
    settings = read_settings(environ={"HOME": str(tmp_path)})
    assert settings.capture.interval_s == 300
    assert list(settings.cameras) == ["sofa"]
    assert settings.data_dir == tmp_path / ".local/share/pucci"
    assert settings.effective_database_url == f"sqlite:///{settings.data_dir}/pucci.db"


def test_the_environment_wins_over_the_file_and_the_option_over_both(tmp_path: Path):
    file = write(tmp_path, 'data_dir = "/one"\n[capture]\ninterval_s = 60\nretry_pause_s = 1\n')
    environ = {"PUCCI_CAPTURE_INTERVAL_S": "5", "PUCCI_DATA_DIR": "/two", "PUCCI_CONFIG": str(file)}
    settings = read_settings(environ=environ)
    assert (settings.capture.interval_s, settings.capture.retry_pause_s) == (5, 1)
    assert settings.data_dir == Path("/two")
    assert read_settings(environ=environ, data_dir=Path("/three")).data_dir == Path("/three")


def test_a_file_in_the_users_config_folder_is_found(tmp_path: Path):
    (tmp_path / ".config/pucci").mkdir(parents=True)
    (tmp_path / ".config/pucci/pucci.toml").write_text('[profile]\nname = "Bello"\n')
    assert read_settings(environ={"HOME": str(tmp_path)}).profile.name == "Bello"


def test_all_mistakes_are_shown_together_with_line_and_nearest_name(tmp_path: Path):
    file = write(
        tmp_path,
        '[capture]\nintervl_s = 5\n\n[cameras.sofa]\nwidth = "wide"\ndriver = "v4l3"\n[servr]\nport = 1\n'
        '[cameras."Big Sofa"]\n[server]\nport = 70000\n',
    )
    with pytest.raises(SettingsError) as caught:
        read_settings(config=file, environ={"PUCCI_CAPTURE_INTRVAL_S": "2", "PUCCI_SERVER_THREADS": "many"})
    lines = str(caught.value).splitlines()
    assert f"{file}, line 2: capture.intervl_s is not a setting. Did you mean interval_s?" in lines
    assert f"{file}, line 5: cameras.sofa.width must be a whole number, not 'wide'." in lines
    assert any(line.startswith(f"{file}, line 6: cameras.sofa.driver must be one of") for line in lines)
    assert f"{file}, line 7: servr is not a setting. Did you mean server?" in lines
    assert any("line 9: 'Big Sofa' cannot name a camera" in line for line in lines)
    assert f"{file}, line 11: server.port must be at most 65535, not 70000." in lines
    assert "PUCCI_CAPTURE_INTRVAL_S is not a setting. Did you mean PUCCI_CAPTURE_INTERVAL_S?" in lines
    assert "PUCCI_SERVER_THREADS: server.threads must be a whole number, not 'many'." in lines
    assert len(lines) == 8


def test_broken_toml_and_a_missing_file_are_sentences(tmp_path: Path):
    with pytest.raises(SettingsError, match="line 1"):
        read_settings(config=write(tmp_path, "x = = 1\n"), environ={})
    with pytest.raises(SettingsError, match="There is no settings file"):
        read_settings(config=tmp_path / "none.toml", environ={})


@pytest.mark.parametrize("value", ["nan", "inf", "0", "-5", "soon"])
def test_an_interval_that_cannot_be_waited_for_is_refused(value: str):
    with pytest.raises(SettingsError, match="interval_s"):
        read_settings(environ={"PUCCI_CAPTURE_INTERVAL_S": value})


def test_cameras_are_named_in_the_environment_too():
    environ = {"PUCCI_CAMERAS_SOFA_DRIVER": "synthetic", "PUCCI_CAMERAS_BACK_DOOR_TIMEOUT_S": "3"}
    cameras = read_settings(environ=environ).cameras
    assert cameras["sofa"].driver == "synthetic"
    assert cameras["back-door"].timeout_s == 3


def test_fswebcam_has_the_first_versions_defaults():
    sofa = read_settings(environ={"PUCCI_CAMERAS_SOFA_DRIVER": "fswebcam"}).cameras["sofa"]
    assert (sofa.width, sofa.height, sofa.delay_s, sofa.skip) == (320, 240, 3, 13)


def test_a_secret_may_lie_in_a_file_and_nothing_else_may(tmp_path: Path):
    secret = tmp_path / "url"
    secret.write_text("postgresql://dog:bone@db/pucci\n")
    settings = read_settings(environ={"PUCCI_DATABASE_URL_FILE": str(secret)})
    assert settings.database_url == "postgresql://dog:bone@db/pucci"
    with pytest.raises(SettingsError, match="Only secrets"):
        read_settings(environ={"PUCCI_SERVER_HOST_FILE": str(secret)})
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(environ={"PUCCI_DATABASE_URL_FILE": str(tmp_path / "none")})


def test_every_setting_has_help_and_its_default_passes_its_own_check():
    from pucci.settings import default_of, problem_with

    for section in (Settings, CameraSettings, *SECTIONS.values()):
        for name, item in settings_of(section).items():
            assert item.metadata["help"].endswith("."), name
            assert problem_with(item, default_of(item)) is None, name


def test_the_sample_file_is_the_defaults_once_its_comments_are_taken_away(tmp_path: Path):
    from pucci.cli.settings import sample

    text = "\n".join(
        line[1:] if line.startswith("#") and " = " in line and line[1] != " " else line
        for line in sample().splitlines()
    )
    document = tomllib.loads(text)
    document.pop("data_dir")
    file = write(tmp_path, text.replace('data_dir = ""\n', ""))
    settings = read_settings(config=file, environ={"HOME": str(tmp_path)})
    assert replace(settings, file=None) == read_settings(environ={"HOME": str(tmp_path)})
    assert set(document) == {"database_url", "cameras", *SECTIONS}
