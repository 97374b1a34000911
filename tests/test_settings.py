"""Settings: one schema, from defaults, file and environment; all mistakes at once."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from pucci.errors import SettingsError
from pucci.setting import settings_of
from pucci.settings import SECTIONS, CameraSettings, Settings
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


def test_values_of_the_wrong_form_are_among_the_mistakes_with_their_lines(tmp_path: Path):
    file = write(
        tmp_path,
        """database_url = "x:s3cret"
[clock]
timezone = "Europe/Berln"
[notify]
postcard_at = "8 pm"
[films]
daily_at = "25:00"
[profile]
birthday = "last May"
home_since = "2015-13"
[cameras.sofa]
quiet_hours = ["22:00-06:30", "at night"]
[server]
address = "pucci.example"
names = ["pucci.local", "http://x"]
trusted_proxies = ["127.0.0.1", "10.0.0.0/8", "bogus"]
""",
    )
    with pytest.raises(SettingsError) as caught:
        read_settings(config=file, environ={"PUCCI_DEPLOY_HTTP_PORT": "0"})
    an_address = "must be an address like https://pucci.example, without a path"
    networks = "must be addresses or networks like 127.0.0.1 or 10.0.0.0/8"
    a_date = "must be a date like 2008, 2008-05 or 2008-05-17, not"
    assert str(caught.value).splitlines() == [
        f"{file}, line 1: database_url must be an address that begins with sqlite:/// or postgresql+psycopg://.",
        f"{file}, line 3: clock.timezone must be a time zone like Europe/Berlin, not Europe/Berln.",
        f"{file}, line 5: notify.postcard_at must be a time of day like 20:00, not 8 pm.",
        f"{file}, line 7: films.daily_at must be a time of day like 20:00, not 25:00.",
        f"{file}, line 9: profile.birthday {a_date} last May.",
        f"{file}, line 10: profile.home_since {a_date} 2015-13.",
        f"{file}, line 12: cameras.sofa.quiet_hours must be spans of hours like 22:00-06:30, not at night.",
        f"{file}, line 14: server.address {an_address}, not pucci.example.",
        f"{file}, line 15: server.names must be names like pucci.local, not http://x.",
        f"{file}, line 16: server.trusted_proxies {networks}, not bogus.",
        "PUCCI_DEPLOY_HTTP_PORT: deploy.http_port must be at least 1, not 0.",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n\n[camera.sofa]\ndriver = 'auto'\n", "line 3: camera is not a setting. Did you mean cameras?"),
        ("\ncamera.sofa.driver = 'auto'\n", "line 2: camera is not a setting. Did you mean cameras?"),
        (
            "\n[[cameras]]\ndriver = 'auto'\n",
            "line 2: cameras must be a table for each camera: [cameras.sofa].",
        ),
        ("[cameras]\nwidth = 3\n", "line 2: cameras.width must be a table for each camera: [cameras.sofa]."),
        ("\n[[server]]\nport = 1\n", "line 2: server must be a table: [server]."),
        ("\nserver = 1\n", "line 2: server must be a table: [server]."),
        ("\ncameras = {sofa = {skip = -1}}", "line 2: cameras.sofa.skip must be at least 0, not -1."),
    ],
)
def test_a_table_that_is_none_is_a_mistake_in_its_own_line(tmp_path: Path, text: str, said: str):
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        read_settings(config=file, environ={})
    assert str(caught.value) == f"{file}, {said}"


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("PUCCI_CAMERAS_SOFA_DRIVR", "PUCCI_CAMERAS_SOFA_DRIVER"),
        ("PUCCI_CAMERA_SOFA_DRIVER", "PUCCI_CAMERAS_SOFA_DRIVER"),
        ("PUCCI_CAMERAS_BACK_DOOR_TIMEOUT", "PUCCI_CAMERAS_BACK_DOOR_TIMEOUT_S"),
        ("PUCCI_DATADIR", "PUCCI_DATA_DIR"),
    ],
)
def test_a_variables_nearest_name_may_be_a_cameras(variable: str, meant: str):
    with pytest.raises(SettingsError) as caught:
        read_settings(environ={variable: "synthetic"})
    assert str(caught.value) == f"{variable} is not a setting. Did you mean {meant}?"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("SERVER_ADDRESS", ["https://pucci.example", "http://192.168.1.5:8090/", "http://[fd00::1]:80", ""]),
        ("SERVER_TRUSTED_PROXIES", ["127.0.0.1,::1", "fd00::/8"]),
        ("DATABASE_URL", ["sqlite:////tmp/x.db", "postgresql+psycopg://a:p%40@h:5432/d", "postgresql:///d"]),
        ("NOTIFY_POSTCARD_AT", ["", "7:05"]),
        ("PROFILE_BIRTHDAY", ["", "2008-05-17"]),
    ],
)
def test_what_is_of_the_right_form_is_taken(name: str, values: list[str]):
    for value in values:
        read_settings(environ={f"PUCCI_{name}": value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVER_ADDRESS", "https://pucci.example/cam"),
        ("SERVER_ADDRESS", "https://pucci.example:99999"),
        ("SERVER_ADDRESS", "https://münchen.example"),
        ("SERVER_TRUSTED_PROXIES", "192.168.1.5/24"),
        ("SERVER_TRUSTED_PROXIES", "*"),
        ("DATABASE_URL", "mysql://h/d"),
        ("DATABASE_URL", "postgresql://h:port/d"),
    ],
)
def test_what_would_not_do_what_it_seems_to_is_refused(name: str, value: str):
    with pytest.raises(SettingsError, match=name.lower().partition("_")[2]):
        read_settings(environ={f"PUCCI_{name}": value})


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
    from pucci.setting import default_of, problem_with

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
