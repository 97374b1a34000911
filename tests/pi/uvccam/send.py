"""Send commands to a playing camera: `python3 -IS send.py SOCKET COMMAND...`.

Each is answered with the camera's `stat` as JSON, or with {"error": ...}; the last answer is
printed. It is apart from the camera, and short of imports, because starting Python is what costs
most on a slow machine.
"""

import socket
import sys


def send(path: str, commands: list[str]) -> str:
    """Send commands, one after another; return the last answer, or the first error."""
    answer = ""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mine:
        mine.settimeout(10)
        mine.bind("")  # Linux gives a nameless socket a name to be answered at
        for command in commands:
            mine.sendto(command.encode(), path)
            answer = mine.recv(65536).decode()
            if answer.startswith('{"error"'):
                break
    return answer


if __name__ == "__main__":
    said = send(sys.argv[1], sys.argv[2:])
    print(said)
    sys.exit(said.startswith('{"error"'))
