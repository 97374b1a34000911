"""The firewall, loaded by `pucci deploy nftables`, probed over every port from outside and from the LAN."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.servers.household import wait_for
from tests.servers.room import PYTHON, Room

pytestmark = pytest.mark.servers

# What the home listens on: ssh, the web, and what must not be reached.
OPEN = [22, 80, 443, 5000, 8090, 8091]
HOME = {"wan": ("198.51.100.2", "2001:db8:1::2"), "lan": ("192.168.7.2", "fd00:7::2")}
PEER = {"wan": ("198.51.100.1", "2001:db8:1::1"), "lan": ("192.168.7.1", "fd00:7::1")}
SETTINGS = 'data_dir = "/var/lib/pucci"\n'

LISTEN = f"""
import socket, time
for family, host in ((socket.AF_INET, ""), (socket.AF_INET6, "::")):
    for port in {OPEN}:
        sock = socket.socket(family)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
        sock.listen(4096)
        globals()[f"s{{family}}{{port}}"] = sock
print("ready", flush=True)
time.sleep(600)
"""

# TCP: which ports answer at all, by yes (open) or no (closed). UDP: which are told to be closed.
PROBE = """
import errno, json, select, socket, sys, time
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
kind = socket.SOCK_DGRAM if sys.argv[2] == "udp" else socket.SOCK_STREAM
answers = {"open": [], "closed": []}
step = 16000
for first in range(1, 65536, step):
    waiting, poll = {}, select.epoll()
    for port in range(first, min(first + step, 65536)):
        sock = socket.socket(family, kind)
        sock.setblocking(False)
        code = sock.connect_ex((sys.argv[1], port))
        if kind == socket.SOCK_DGRAM:
            try:
                sock.send(b"?")
            except OSError:
                pass
        if code == errno.ECONNREFUSED:
            answers["closed"].append(port)
        waiting[sock.fileno()] = (sock, port)
        good = select.EPOLLOUT if kind == socket.SOCK_STREAM else select.EPOLLIN
        poll.register(sock.fileno(), select.EPOLLERR | good)
    end = time.monotonic() + (1 if first == 1 else 0.5)
    while time.monotonic() < end:
        for fd, _ in poll.poll(0.1, 10000):
            if fd in waiting:
                sock, port = waiting.pop(fd)
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                answers["closed" if code else "open"].append(port)
                sock.close()
    for sock, port in waiting.values():
        sock.close()
    poll.close()
print(json.dumps({name: sorted(ports) for name, ports in answers.items()}))
"""


@pytest.fixture(scope="module")
def home() -> Iterator[tuple[Room, dict[str, Room]]]:
    """A home with a way to the internet and a LAN, somebody at the end of each, and everything listening."""
    home, peers = Room(net=True), {name: Room(net=True) for name in HOME}
    for name, peer in peers.items():
        home.run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(peer.pid))
        for room, device, addresses in ((home, name, HOME[name]), (peer, "eth0", PEER[name])):
            room.run("ip", "address", "add", f"{addresses[0]}/24", "dev", device)
            room.run("ip", "-6", "address", "add", f"{addresses[1]}/64", "dev", device, "nodad")
            room.run("ip", "link", "set", device, "up")
    # Without limits on what is said about closed ports, so that each says it.
    home.run("sysctl", "-qw", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
    home.write("/etc/pucci/pucci.toml", SETTINGS)
    listening = home.start("python3", "-c", LISTEN)
    assert listening.stdout is not None
    assert listening.stdout.readline() == "ready\n"
    yield home, peers
    listening.kill()
    listening.wait(5)
    listening.stdout.close()
    for room in (home, *peers.values()):
        room.close()


def probe(room: Room, address: str, kind: str = "tcp") -> dict[str, list[int]]:
    return json.loads(room.run("/usr/bin/python3", "-c", PROBE, address, kind, limit_s=300))


def test_without_it_everything_answers(home: tuple[Room, dict[str, Room]]):
    """The probe sees what there is; else the next test would prove nothing."""
    found = probe(home[1]["wan"], HOME["wan"][0])
    assert found["open"] == OPEN
    assert len(found["open"]) + len(found["closed"]) == 65_535


def test_from_outside_the_web_alone_from_the_lan_ssh_too(home: tuple[Room, dict[str, Room]]):
    room, peers = home
    room.run("nft", "add", "table", "inet", "somebodys")
    assert "set up" in room.pucci("deploy", "nftables", "--apply")
    room.run("nft", "-f", "/etc/pucci/firewall.nft")
    web, ssh_too = [80, 443], [22, 80, 443]
    expected = {("wan", address, "tcp"): web for address in HOME["wan"]}
    expected |= {("lan", address, "tcp"): ssh_too for address in HOME["lan"]}
    expected |= {("wan", address, "udp"): [] for address in HOME["wan"]}
    with ThreadPoolExecutor(3) as threads:
        found = threads.map(lambda which: probe(peers[which[0]], *which[1:]), expected)
        answers = dict(zip(expected, found, strict=True))
    assert answers == {which: {"open": ports, "closed": []} for which, ports in expected.items()}
    assert "somebodys" in room.run("nft", "list", "tables")


FLOOD = """
import select, socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
poll, socks = select.poll(), {}
for _ in range(int(sys.argv[2])):
    sock = socket.socket(family)
    sock.setblocking(False)
    sock.connect_ex((sys.argv[1], 443))
    poll.register(sock, select.POLLOUT)
    socks[sock.fileno()] = sock
connected = 0
while (found := poll.poll(300)):
    for fd, _ in found:
        poll.unregister(fd)
        connected += not socks[fd].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
print(connected)
"""


@pytest.mark.parametrize("number", [0, 1], ids=["IPv4", "IPv6"])
def test_who_comes_hundreds_of_times_a_second_is_held_back_alone(
    home: tuple[Room, dict[str, Room]], number: int
):
    room, peers = home
    room.run("nft", "-f", "/etc/pucci/firewall.nft")
    connected = int(peers["wan"].run("/usr/bin/python3", "-c", FLOOD, HOME["wan"][number], "900"))
    assert 200 <= connected < 700
    assert int(peers["lan"].run("/usr/bin/python3", "-c", FLOOD, HOME["lan"][number], "30")) == 30


def test_nothing_out_is_stopped(home: tuple[Room, dict[str, Room]]):
    """Over both versions: neighbours are found anew, answers come back."""
    room, peers = home
    room.run("nft", "-f", "/etc/pucci/firewall.nft")
    serve = (
        "import socket; s = socket.create_server(('::', 9000), family=socket.AF_INET6, dualstack_ipv6=True)"
    )
    greet = f"{serve}\nprint('ready', flush=True)\nwhile True: s.accept()[0].send(b'hello')"
    child = peers["wan"].start("python3", "-c", greet)
    assert child.stdout is not None
    child.stdout.readline()
    for address in PEER["wan"]:
        room.run("ip", "neigh", "flush", "all")
        peers["wan"].run("ip", "neigh", "flush", "all")
        ask = f"import socket; print(socket.create_connection(({address!r}, 9000), 5).recv(5))"
        assert "hello" in room.run("python3", "-c", ask)
    child.kill()
    child.wait(5)
    child.stdout.close()


def test_it_does_not_cut_the_session_it_runs_in(home: tuple[Room, dict[str, Room]]):
    room, _ = home
    room.pucci("deploy", "nftables", "--remove")
    stranger = "203.0.113.9 50000 198.51.100.2 22"
    said = room.pucci("deploy", "nftables", "--apply", code=9, SSH_CONNECTION=stranger)
    assert "shut out" in said
    assert 'lan = ["203.0.113.0/24"]' in said
    # sudo takes the variable away: the parents still have it.
    apply = f"{PYTHON} -m pucci deploy nftables --apply"
    behind = f"SSH_CONNECTION='{stranger}' sh -c 'env -u SSH_CONNECTION {apply}; true'"
    assert "shut out" in room.run("sh", "-c", behind)
    assert "pucci" not in room.run("nft", "list", "tables")


def test_unless_confirmed_it_goes_again_by_itself(home: tuple[Room, dict[str, Room]]):
    room, peers = home
    by_ssh = "192.168.7.1 50000 192.168.7.2 22"
    said = room.pucci("deploy", "nftables", "--apply", "--within", "3", SSH_CONNECTION=by_ssh)
    assert "--confirm" in said
    assert "inet pucci" in room.run("nft", "list", "tables")
    wait_for(lambda: "inet pucci" not in room.run("nft", "list", "tables"), 20)
    wait_for(lambda: "no" in room.run("sh", "-c", "[ -e /etc/pucci/firewall.nft ] || echo no"))

    room.pucci("deploy", "nftables", "--apply", "--within", "3", SSH_CONNECTION=by_ssh)
    assert "stays" in room.pucci("deploy", "nftables", "--confirm")
    time.sleep(5)
    assert "inet pucci" in room.run("nft", "list", "tables")
    assert "No firewall waits" in room.pucci("deploy", "nftables", "--confirm", code=9)
    room.pucci("deploy", "nftables", "--remove")
    assert "inet pucci" not in room.run("nft", "list", "tables")
    assert probe(peers["lan"], HOME["lan"][0])["open"] == OPEN
