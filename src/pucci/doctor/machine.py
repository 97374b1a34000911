"""The machine: memory, temperature, its supply, its card. Read from /proc and /sys below any `root`."""

import re
import subprocess
from pathlib import Path
from typing import Final

from pucci.doctor.finding import Finding, fine, needs, note, unknown

_MB: Final = 1_000_000
# Pucci itself takes 60 MB; below this the kernel begins to throw out what it needs again at once.
_LEAST_MEMORY: Final = 40 * _MB
# A Pi slows down from 80 °C, and more so at 85 °C.
_HOT_C: Final = 80.0
_WARM_C: Final = 70.0


# -- memory ----------------------------------------------------------------------------------------


def memory(root: Path) -> Finding:
    """Say how much memory is left."""
    text = (root / "proc/meminfo").read_text()
    kib = {name: int(size) for name, size in re.findall(r"(?m)^(\w+):\s+(\d+) kB", text)}
    return judge_memory(kib["MemAvailable"] * 1024, kib["MemTotal"] * 1024)


def judge_memory(free: int, total: int) -> Finding:
    """Judge free and total memory, both in bytes."""
    text = f"{free / _MB:.0f} MB of {total / _MB:.0f} MB free"
    if free >= _LEAST_MEMORY:
        return fine("memory", text)
    return needs("memory", text, "End what else runs here; `ps aux --sort -rss | head` names it.")


# -- temperature -----------------------------------------------------------------------------------


def temperature(root: Path) -> Finding | None:
    """Say how hot the processor is, None where nothing measures it."""
    found: dict[str, float] = {}
    for zone in sorted((root / "sys/class/thermal").glob("thermal_zone*")):
        try:
            found[(zone / "type").read_text().strip()] = int((zone / "temp").read_text()) / 1000
        except (OSError, ValueError):
            continue  # some zones are asleep
    processor = [degrees for kind, degrees in found.items() if re.search(r"cpu|soc|x86_pkg", kind)]
    degrees = max(processor or found.values(), default=None)
    return None if degrees is None else judge_temperature(degrees)


def judge_temperature(degrees: float) -> Finding:
    """Judge the processor's temperature, in °C."""
    text = f"{degrees:.0f} °C"
    if degrees >= _HOT_C:
        return needs("temperature", text, "The Pi slows down. Give it air, a heat sink, or a cooler place.")
    return note("temperature", f"{text}, warm") if degrees >= _WARM_C else fine("temperature", text)


# -- supply ----------------------------------------------------------------------------------------


def supply(root: Path) -> Finding | None:
    """Say whether a Pi gets enough power, None where this is no Pi."""
    told = root / "sys/devices/platform/soc/soc:firmware/get_throttled"
    if told.exists():
        return judge_supply(int(told.read_text().strip(), 16))
    for name in (root / "sys/class/hwmon").glob("hwmon*/name"):
        if name.read_text().strip() == "rpi_volt":
            low = (name.parent / "in0_lcrit_alarm").read_text().strip() == "1"
            return judge_supply(0x10000 if low else 0)
    if root != Path("/") or not Path("/proc/device-tree/model").exists():
        return None
    return _ask_firmware()


def _ask_firmware() -> Finding | None:
    try:
        said = subprocess.run(
            ["vcgencmd", "get_throttled"], capture_output=True, text=True, timeout=2, check=True
        )
    except FileNotFoundError:
        return None
    except (OSError, subprocess.SubprocessError):
        return unknown("supply", "vcgencmd does not answer; is this account in the group video?")
    match = re.search(r"throttled=0x([0-9a-f]+)", said.stdout)
    return judge_supply(int(match[1], 16)) if match else None


def judge_supply(bits: int) -> Finding:
    """Judge the firmware's word: bit 0 is under-voltage now, bit 16 since the start.

    https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
    """
    remedy = "Use the Pi's own supply and a short cable; give the camera a hub with its own power."
    if bits & 0x1:
        return needs("supply", "the voltage is too low now", remedy)
    if bits & 0x10000:
        return needs("supply", "the voltage was too low since the last start", remedy)
    return fine("supply", "the voltage was never too low since the last start")


# -- the card --------------------------------------------------------------------------------------


def wear(root: Path) -> list[Finding]:
    """Say how worn cards are, of those that tell. SD cards seldom do; eMMC does."""
    found = []
    for told in sorted((root / "sys/block").glob("*/device/life_time")):
        steps = [int(word, 16) for word in told.read_text().split()]
        reserve = told.with_name("pre_eol_info")
        spare = int(reserve.read_text().strip(), 16) if reserve.exists() else 0
        found.append(judge_wear(told.parts[-3], max(steps, default=0), spare))
    return found


def judge_wear(device: str, step: int, spare: int) -> Finding:
    """Judge an eMMC's life time (1 is up to 10 % used, 11 is over) and spare blocks (2 low, 3 urgent).

    JEDEC 84-B50, EXT_CSD 267 to 269; Linux: Documentation/driver-api/mmc/mmc-dev-attrs.rst.
    """
    name = f"card {device}"
    if not step:
        return note(name, "it does not say how worn it is")
    text = "it is past its life" if step > 10 else f"up to {step * 10} % of its life is used"
    if step >= 9 or spare >= 2:
        return needs(name, text, "Make a backup now, and get a new card: `pucci backup FILE`.")
    return fine(name, text)
