"""Sentences of errors that have a name, a path or a figure in them; of each a reader's language is asked.

`{place}` stands for whatever is there. More of them, without a place, stand in words/more.txt.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Final

_PLACE: Final = re.compile(r"\{(\w+)\}")


def N_(text: str) -> str:  # noqa: N802 - what `script/words` looks for
    """Return a text as it is: it is to be translated where it is shown."""
    return text


SENTENCES: Final = (
    N_("The photo cannot be stored: {why}. Look at the disk."),
    N_("The file {file} cannot be deleted. Look at the disk with `sudo dmesg`."),
    N_("No film can be made: {why}. Look at the disk."),
    N_("The film cannot be stored: {why}. Look at the disk."),
    N_("The film could not be made: {why}. Look whether the disk is full, and try again."),
    N_("ffmpeg took nothing for {seconds} seconds"),
    N_("ffmpeg ended with {code}"),
    N_("{file} cannot be written: {why}. Look at the disk."),
    N_(
        "The disk of {folder} is not mounted, so nothing is written there. Plug it in and mount it, "
        "or say disk.mounted = false if the folder is on the system's own disk."
    ),
    N_("The data folder {folder} cannot be made: {why}. Name another one with --data-dir."),
    N_("The key in {file} cannot be read or made: {why}. Look at who owns the data folder."),
    N_("Pucci is running already with {folder}. Stop it first, or name another data folder with --data-dir."),
    N_("The database cannot be opened: {why}. Look at database_url and data_dir."),
    N_("The database cannot be used: {why}"),
    N_("{why}. Look whether PostgreSQL runs, and at database_url."),
    N_(
        "the disk of {folder} can only be read. A failing card is set so: copy that folder to another"
        " disk with `cp -a`, then look at `sudo dmesg`."
    ),
    N_("the disk of {folder} is full. Make room on it."),
    N_("{file} belongs to {owner}. Run this as that account, or with sudo."),
    N_("{why}. Look at {file} with `ls -l`, and put a backup back if it is damaged."),
    N_("The database is damaged: {why}. {todo}"),
    N_("The camera {camera} failed: {why}. Unplug it and plug it in."),
    N_("The camera {camera} is open, but sends nothing. Pull its plug, and put it back."),
    N_("The camera {camera} hangs, and {outcome}. Pull its plug and put it back."),
    N_("a reset of its USB port was not done within {seconds} s"),
    N_("its USB port could not be reset ({why})"),
    N_("The camera {camera} broke off: {why}. It is tried again."),
    N_("The camera {camera} is unplugged. Plug it in; it goes on by itself."),
    N_("The camera {camera} is closed."),
    N_("The camera {camera} sends nothing. Unplug it and plug it in again."),
    N_("The camera {camera} sends nothing. See that it is switched on and its device setting right."),
    N_("The camera {camera} is {off}."),
    N_("{camera} is unplugged. Plug it in; it goes on by itself."),
    N_("{camera} sends nothing. Unplug it and plug it in again."),
    N_("{camera} sends nothing. See that it is switched on."),
    N_('{camera} sends a film, not a picture. Set driver = "ffmpeg" for this camera.'),
    N_("{camera} is taken: {holder}. Stop it, or use another camera."),
    N_("{programs} has it open"),
    N_("It belongs to the group video: sudo usermod -aG video {user}, then sign in again or restart Pucci."),
    N_("Pucci may not open {camera}. {todo}"),
    N_("Pucci may not open the Pi's camera. {todo}"),
    N_("fswebcam may not open {camera}. {todo}"),
    N_('fswebcam gave no picture of {camera}: {why}. Try driver = "v4l2" for it.'),
    N_("fswebcam gave no picture of {camera} within {seconds} s. Unplug the camera and plug it in again."),
    N_(
        "{camera} is no camera, or only the part of one that tells about pictures. Take another from "
        "`pucci cameras`."
    ),
    N_('{camera} offers no JPEG and no YUYV, only {formats}. Set driver = "ffmpeg" for it.'),
    N_("{camera} needs more than its USB port has left. Ask for a smaller size, or use another port."),
    N_("{camera} failed: {why}. Unplug it and plug it in again."),
    N_("The Pi's camera failed: {why}. Seat its cable anew."),
    N_("ffmpeg cannot read {camera}. Try the address in another player first."),
    N_("{program} writes more than {size} MB. It must write one JPEG and end."),
    N_("{program} did not end within {seconds} s. Raise this camera's timeout_s."),
    N_("{program} wrote no picture: {why}. Try it in a terminal."),
    N_("{camera} does not answer. See that it is switched on and the address is right."),
    N_("{camera} did not answer in time. See that it is switched on."),
    N_("{camera} did not send a picture within {seconds} s."),
    N_("{camera} shows a certificate nobody vouches for. Use its http:// address, or give it one."),
    N_("{camera} wants a name and a password. Set the right username and password for this camera."),
    N_("{camera} is not there. See that the address is right."),
    N_("{camera} leads to another address. Write that one into this camera's device."),
    N_("{camera} answers {code}. See what its own page says."),
    N_("Somebody is called {name} already. Choose another name."),
    N_("The name is too long. Use {most} characters at most."),
    N_("The e-mail is too long. Use {most} characters at most."),
    N_("{name} has no account any more. Ask the owner for one."),
    N_("{name} has no account any more. Load the list again."),
    N_("{name} is the last owner. Make somebody else an owner first."),
    N_("A PIN has {least} to {most} figures. Choose another one."),
    N_("There is nobody called {name}. `pucci user list` shows who there is."),
    N_("Somebody has the e-mail {email} already. Use another one."),
    N_("Somebody has the name {name} or the e-mail {email} already."),
    N_("The {what} is longer than {most} characters. Shorten it."),
    N_("{text}. Write it as 2008, 2008-05 or 2008-05-17."),
    N_("{host} does not know this name and password. Look at notify.smtp_username."),
    N_("{host} did not take the mail: {why}."),
    N_("{host} did not take the mail: {why}. It is tried again."),
    N_("{host} did not take the message: {why}."),
    N_("{host} did not take the message: {why}. It is tried again."),
    N_("{host} answered {status}. Look at notify.webhook_url."),
    N_("{host} answered {status}, which leads elsewhere and is not followed. Look at notify.webhook_url."),
    N_("it takes none for {names}"),
    N_("it says {answer}"),
    N_("its certificate is not to be trusted ({why})"),
    N_("apprise-{number}"),
    N_("Sending by {way} failed: {why}. It is tried again."),
    N_("Apprise could not send it by address {number}."),
    N_("Apprise could not send it by address {number}. It is tried again."),
)


def filled(text: str, say: Callable[[str], str], told: Callable[[str], str]) -> str | None:
    """Return a sentence in the language of `say`, what is in its places by `told`; None for one not known."""
    found = ((pattern.fullmatch(text), sentence) for pattern, sentence in _patterns())
    match, sentence = next((one for one in found if one[0]), (None, ""))
    return match and _PLACE.sub(lambda place: told(match[place[1]]), say(sentence))


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return what each sentence looks like, those with the most words of their own first."""
    ordered = sorted(SENTENCES, key=lambda one: -len(_PLACE.sub("", one)))
    return [(_pattern(one), one) for one in ordered]


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = _PLACE.split(sentence)  # words, place, words, place, words
    text = "".join(f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile(text, re.DOTALL)
