import subprocess
import sys
from pathlib import Path

from pucci import services as parts_list
from tests.web.house import house_settings

ASK = """
from werkzeug.test import Client
from pucci.web.wsgi import application
answer = Client(application).get("/")
print(answer.status_code, "eighteen" in answer.text or "Pucci" in answer.text)
import sys
print("uvicorn" in sys.modules, "linuxpy" in sys.modules)
"""


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    env = {"PUCCI_DATA_DIR": str(folder), "HOME": "/nonexistent"}
    return subprocess.run(
        [sys.executable, "-c", ASK], env=env, capture_output=True, text=True, timeout=60, check=False
    )


def test_apache_gets_the_site_alone(tmp_path: Path):
    parts_list.build(house_settings(tmp_path)).close()
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["200", "True", "False", "False"]


def test_under_apache_nothing_is_migrated(tmp_path: Path):
    done = run(tmp_path)
    assert done.returncode != 0
    assert "pucci migrate" in done.stderr
