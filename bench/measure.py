#!/usr/bin/env python3
"""Measures the daemon and its references in one run, and prints a table (see scripts/bench --help).

Programs are measured from outside: CPU time as the kernel accounts it to a process and the
children it waited for, wall time from start to exit, memory as the high-water mark of each process.
The loopback server is a process of its own whose CPU time counts for nobody.
"""
import argparse
import collections
import contextlib
import ctypes
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import types
import urllib.request

CAMPAIGN = {"posts": 55_000, "photos": 800, "authors": 2_000}
PHOTO = ["--photo-width=1280", "--photo-height=960", "--photo-grain=10"]
TAG = "finddemo"
STORED_PHOTOS = 100_000
DAY = {"posts": 1_000_000, "photos": 15_000, "speed": 100}
WATCHES = 100
PICTURE = (2320, 1740)  # 4 MP.
MOST_SECONDS_OF_A_FILE = 10
MOST_MIB_OF_AN_EXAMINER = 512
TICK = 0.02
WALLPAPERS = ("lomiri-wallpapers-16.04", "lomiri-wallpapers-20.04", "mate-backgrounds", "plasma-workspace-wallpapers",
              "ukui-wallpapers")
PHOTOGRAPHS = """
    Bridge Dragonfly Picture_0B Picture_1A Wine aitzgorri free friends greentock life picosdeeuropa seeding sunset
    Kleiber Aqua Blinds Dune FreshFlower Garden GreenMeadow LadyBird RainDrops Storm TwoWings Wood YellowFlower
    BytheWater ColdRipple ColorfulCups DarkestHour EveningGlow FallenLeaf Grey Kite OneStandsOut Path summer_1am
    """.split()  # Of the wallpapers; the others are drawn.


class Failure(Exception):
    """Something that makes the figures worthless."""


def adopt_orphans():
    """Children whose parent died become ours, so that their CPU time is not lost."""
    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def proc_text(pid, name):
    try:
        return pathlib.Path(f"/proc/{pid}/{name}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def descendants(pid):
    found = []
    tasks = pathlib.Path(f"/proc/{pid}/task")
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for task in tasks.iterdir():
            for child in proc_text(pid, f"task/{task.name}/children").split():
                found += [int(child), *descendants(int(child))]
    return found


def peak_mib(pid):
    for line in proc_text(pid, "status").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def resident_mib(pid):
    for line in proc_text(pid, "status").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid):
    """What all threads of a process and of its descendants have used, to the nanosecond."""
    total = 0
    for one in [pid, *descendants(pid)]:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for task in pathlib.Path(f"/proc/{one}/task").iterdir():
                total += int((proc_text(one, f"task/{task.name}/schedstat") or "0").split()[0])
    return total / 1e9


class Measured:
    """A finished program: `cpu` and `wall` in seconds, the peaks in MiB."""

    def __init__(self, command, ok=(0,)):
        self.examiner_mib = self.mib = 0.0
        self._seen = set()
        started = time.monotonic()
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
            self._watch(process.pid)
            _, status, usage = os.wait4(process.pid, 0)
            self.wall = time.monotonic() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            self.output = output.read().decode()
        self.cpu = usage.ru_utime + usage.ru_stime + self._cpu_of_orphans()
        if process.returncode not in ok:
            raise Failure(f"{command[0]} ended with {process.returncode}:\n{self.output[-2000:]}")

    def _watch(self, pid):
        def sample():
            while proc_text(pid, "stat").rpartition(")")[2].split()[:1] not in ([], ["Z"]):
                self.mib = max(self.mib, peak_mib(pid))
                for child in descendants(pid):
                    self._seen.add(child)
                    self.examiner_mib = max(self.examiner_mib, peak_mib(child))
                time.sleep(TICK)
        threading.Thread(target=sample, daemon=True).start()

    def _cpu_of_orphans(self):
        total = 0.0
        for pid in self._seen:
            with contextlib.suppress(ChildProcessError):
                _, _, usage = os.wait4(pid, 0)
                total += usage.ru_utime + usage.ru_stime
        return total


def figures_of(command):
    """The line of JSON that a program prints; nobody looks at it while it runs."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)


class Loopback:
    """The loopback Mastodon server."""

    def __init__(self, programs, arguments, environment=None):
        self._process = subprocess.Popen([programs / "loopback-mastodon", *arguments],
                                         stdout=subprocess.PIPE, text=True,
                                         env={**os.environ, **(environment or {})})
        self.url = f"http://127.0.0.1:{self._process.stdout.readline().strip()}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()

    def statistics(self):
        with urllib.request.urlopen(self.url + "/_stats") as answer:
            return json.load(answer)


def wallpapers():
    """The JPEG files of the packages by name: of each wallpaper the largest."""
    listed = subprocess.run(["dpkg", "-L", *WALLPAPERS], capture_output=True, text=True)
    if listed.returncode != 0:
        raise Failure(f"the wallpapers are not installed (scripts/bootstrap --bench): {listed.stderr.strip()}")
    files = {}
    for path in sorted(map(pathlib.Path, listed.stdout.split())):
        if path.suffix == ".jpg" and path.stem != "screenshot" and path.is_file() and not path.is_symlink():
            of_plasma = path.match("/usr/share/wallpapers/*/contents/*/*.jpg")
            name = path.parts[4] if of_plasma else path.stem.partition("_by_")[0]
            files[name] = max(files.get(name, path), path, key=lambda file: file.stat().st_size)
    return files


def campaign_arguments(posts, photos):
    return [f"--posts={posts}", f"--posts-with-photo={photos}",
            f"--authors={CAMPAIGN['authors']}", *PHOTO]


def write_key(directory):
    path = directory / "store.key"
    path.write_bytes(bytes(range(32)))
    path.chmod(0o600)
    return path


def write_config(directory, url, watches=1, poll_interval="60s", max_poll_interval="15m",
                 encrypted=True):
    key = ""
    if encrypted:
        write_key(directory)
        key = 'encryption_key = { file = "store.key" }'
    text = f"""
[store]
path = "{directory}/store"
{key}
[metrics]
listen = ""
[control]
socket = "{directory}/control.sock"
[http]
user_agent_contact = "mailto:bench@example.org"
allow_addresses = ["127.0.0.0/8"]
[limits]
per_author = "1000000/d"
[[source]]
name = "bench"
kind = "mastodon"
url = "{url}"
request_limit = "none"
"""
    for number in range(watches):
        tag = TAG if watches == 1 else f"{TAG}{number}"
        text += f"""
[[watch]]
name = "watch-{number}"
source = "bench"
hashtag = "{tag}"
media = "any"
backfill = "all"
poll_interval = "{poll_interval}"
max_poll_interval = "{max_poll_interval}"
"""
    path = directory / "sightingd.toml"
    path.write_text(text)
    return path


class Ready:
    """Hears sd_notify's READY=1."""

    def __init__(self, directory):
        self.path = str(directory / "notify")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.settimeout(120)

    def wait(self):
        while b"READY=1" not in self._socket.recv(4096):
            pass


@contextlib.contextmanager
def running_daemon(programs, directory, config, environment=None):
    ready = Ready(directory)
    with open(directory / "daemon.log", "wb") as log:
        started = time.monotonic()
        process = subprocess.Popen([programs / "sightingd", "--config", config], stdout=log,
                                   stderr=log,
                                   env={**os.environ, **(environment or {}), "NOTIFY_SOCKET": ready.path})
        try:
            try:
                ready.wait()
            except TimeoutError as late:
                raise Failure(f"the daemon is not ready:\n{(directory / 'daemon.log').read_text()[-2000:]}") from late
            yield process, time.monotonic() - started
        finally:
            process.terminate()
            process.wait()


def ask(path, target, body=None):
    """What the control socket answers."""
    method, body = ("GET", b"") if body is None else ("POST", body.encode())
    head = f"{method} {target} HTTP/1.0\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.connect(str(path))
        control.sendall(head + body)
        answer = b""
        while chunk := control.recv(1 << 20):
            answer += chunk
    return answer.partition(b"\r\n\r\n")[2].decode()


class Day:
    """A day as the shipped programs see it, on a clock that runs DAY["speed"] times as fast."""

    def __init__(self, bench, directory):
        self.programs = bench.programs
        self.directory = directory
        self.control = directory / "control.sock"
        self.told = self.erased = self.erased_ahead = 0
        self.mib, self.lags = [], []  # At the end of each hour; each time it was asked.
        self._sightings = set()
        self._is_over = False

    def run(self):
        offset = self.directory / "offset"
        offset.write_bytes(bytes(8))
        clock = {"LD_PRELOAD": str(self.programs.parent / "tests/fast_clock.so"),
                 "FAST_CLOCK_SPEED": str(DAY["speed"]), "FAST_CLOCK_START": str(int(time.time()))}
        arguments = [f"--posts={DAY['posts']}", f"--posts-with-photo={DAY['photos']}", f"--span={24 * 3600}",
                     f"--lead={24 * 3600 + 600}", "--photo-width=160", "--photo-height=120", f"--tags={WATCHES}",
                     f"--tag={TAG}", "--authors=20000"]
        # What comes before the day begins, for the server to draw its pictures.
        clock["FAST_CLOCK_ORIGIN"] = str(time.monotonic_ns())
        with Loopback(self.programs, arguments, clock) as server:
            config = write_config(self.directory, server.url, WATCHES, poll_interval="60s", max_poll_interval="5m")
            text = config.read_text().replace('media = "any"', 'media = "required"')
            config.write_text(text.replace("[limits]", '[retention]\nsightings = "6h"\n[limits]'))
            with running_daemon(self.programs, self.directory, config,
                                {**clock, "FAST_CLOCK_OFFSET": str(offset)}) as (process, _):
                follower = threading.Thread(target=self.follow, daemon=True)
                follower.start()
                try:
                    self.watch(process.pid, offset)
                except OSError as gone:
                    log = (self.directory / "daemon.log").read_text()
                    raise Failure(f"the daemon is gone, {process.poll()}:\n{log[-2000:]}") from gone
                self._is_over = True
                follower.join(timeout=60)
        self.told = len(self._sightings)

    @staticmethod
    def set_clock(offset, seconds):
        """In place: the daemon has the file in its memory, and no byte of it may be missing."""
        with open(offset, "r+b") as file:
            file.write(seconds.to_bytes(8, "little"))

    def watch(self, pid, offset):
        """Hour by hour; the server's day is over when all its posts were there for an hour."""
        began = time.monotonic()
        hour = 3600 / DAY["speed"]
        for number in range(25):
            stored = self.metric("sightingd_stored_sightings")
            if number == 12:
                # Not for longer: more than a twentieth would be due at once, which nobody has confirmed.
                self.set_clock(offset, 365 * 86400)
                time.sleep(0.1)  # What was being erased at that moment is told.
                before = self.erased
                time.sleep(hour / 5)
                self.erased_ahead = self.erased - before
                if self.metric("sightingd_stored_sightings") < stored:
                    raise Failure("a clock that jumped has erased sightings")
                self.set_clock(offset, 0)
            while time.monotonic() < began + (number + 1) * hour:
                if number != 12:  # What the clock kept from going is being caught up with.
                    self.lags.append(self.metric("sightingd_retention_lag_seconds"))
                time.sleep(min(0.25, hour / 20))
            self.mib.append(resident_mib(pid))
            print(f"  hour {number + 1}: {self.mib[-1]:.0f} MiB, {len(self._sightings):,} sightings told", flush=True)

    def metric(self, name):
        total = 0.0
        for line in ask(self.control, "/v1/metrics").splitlines():
            if line.startswith(name) and line[len(name)] in " {":
                total += float(line.rpartition(" ")[2])
        return total

    def follow(self):
        """A consumer downstream: each sighting, and in its order."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.connect(str(self.control))
            control.sendall(b"GET /v1/feed?follow=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            control.settimeout(1)
            rest, last = b"", b""
            while not self._is_over:
                try:
                    rest += control.recv(1 << 20)
                except TimeoutError:
                    continue
                lines = rest.split(b"\n")
                rest = lines.pop()
                for line in lines:
                    if line.startswith(b'{"cursor":"'):
                        cursor = line[11:31]
                        if cursor <= last:
                            raise Failure("the feed went back")
                        last = cursor
                        kind = line.partition(b'"event":"')[2].partition(b'"')[0]
                        if kind == b"sighting":
                            self._sightings.add(line.partition(b'"id":"')[2][:29])
                        self.erased += kind == b"sighting_erased"


class Bench:
    def __init__(self, options):
        self.programs = options.programs
        self.rounds = options.rounds
        self.work = options.work
        self.other_floor = options.other_floor
        self.rows = []
        self.photo_places = ""
        self.altered = ""
        self.hostile_files = ""

    def row(self, what, reference, value, limit, reached):
        self.rows.append((what, reference, value, limit, "yes" if reached else "**no**", today()))
        print(f"  {what}: {value} (must reach: {limit})", flush=True)

    @contextlib.contextmanager
    def directory(self):
        path = pathlib.Path(tempfile.mkdtemp(dir=self.work))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)
            os.sync()

    def read_campaign(self, url, encrypted=True):
        with self.directory() as directory:
            config = write_config(directory, url, encrypted=encrypted)
            return Measured([self.programs / "sightingd", "--config", config, "--once"])

    def read_by_floor(self, url):
        with self.directory() as directory:
            return Measured([self.programs / "floor", url, TAG, directory / "floor"])

    def campaign(self):
        floors, clear, daemons = [], [], []
        arguments = campaign_arguments(CAMPAIGN["posts"], CAMPAIGN["photos"])
        with Loopback(self.programs, arguments) as server:
            for _ in range(self.rounds):
                floors.append(self.read_by_floor(server.url))
                clear.append(self.read_campaign(server.url, encrypted=False))
                daemons.append(self.read_campaign(server.url))
        for what, limit in (("cpu", 1.4), ("wall", 1.2)):
            floor = statistics.median(getattr(run, what) for run in floors)
            daemon = statistics.median(getattr(run, what) for run in daemons)
            self.row(f"the campaign, {what}", f"floor {floor:.2f} s",
                     f"{daemon:.2f} s, {daemon / floor:.2f} x", f"{limit} x",
                     daemon <= limit * floor)
        before = statistics.median(run.cpu for run in clear)
        after = statistics.median(run.cpu for run in daemons)
        self.row("encryption at rest, cpu of the campaign", f"in clear {before:.2f} s",
                 f"{after:.2f} s, {after / before:.2f} x", "1.25 x", after <= 1.25 * before)
        self.memory_row(CAMPAIGN["posts"], daemons)
        return max(run.mib for run in daemons)

    def memory_row(self, posts, runs):
        daemon = max(run.mib for run in runs)
        examiner = max(run.examiner_mib for run in runs)
        self.row(f"memory, {posts:,} posts", "-",
                 f"daemon {daemon:.0f} MiB, examiner {examiner:.0f} MiB", "120 and 80 MiB",
                 daemon <= 120 and examiner <= 80)

    def memory(self):
        for times in (10, 20):  # The caches are full at the first: more posts take no more.
            posts = times * CAMPAIGN["posts"]
            with Loopback(self.programs, campaign_arguments(posts, CAMPAIGN["photos"])) as server:
                self.memory_row(posts, [self.read_campaign(server.url)])

    def examiner(self):
        """Each kind of picture by itself: how much its examiner takes at most."""
        width, height = PICTURE
        with self.directory() as directory:
            subprocess.run([self.programs / "draw-pictures", directory, str(width), str(height)], check=True)
            peaks = {}
            for picture in sorted(directory.iterdir()):
                # Many times, so that one of the looks at the process comes while it works.
                copies = [shutil.copy(picture, directory / f"{i}-{picture.name}") for i in range(20)]
                run = Measured([self.programs / "sightingctl", "inspect", *copies])
                if run.output.count('"stored"') != len(copies):
                    raise Failure(f"{picture.name} was not examined:\n{run.output[:1000]}")
                peaks[picture.name] = run.examiner_mib
        value = ", ".join(f"{name} {mib:.0f}" for name, mib in peaks.items())
        self.row(f"examiner, pictures of {width * height / 1e6:.1f} MP", "-", f"{value} MiB", "80 MiB",
                 max(peaks.values()) <= 80)

    def floor(self):
        """Ours must be no slower than another barest program, where there is one."""
        if not self.other_floor.exists():
            print("  no other floor program here: left out", flush=True)
            return
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libcurl", "libcrypto", "libturbojpeg"],
                               check=True, capture_output=True, text=True).stdout.split()
        ours, others = [], []
        with self.directory() as directory:
            program = directory / "other-floor"
            subprocess.run(["c++", "-std=gnu++20", "-O2", "-DNDEBUG", "-w", self.other_floor, "-o", program,
                            *flags, "-lrocksdb", "-lpthread"], check=True)
            arguments = campaign_arguments(CAMPAIGN["posts"], CAMPAIGN["photos"])
            with Loopback(self.programs, arguments) as server:
                for turn in range(self.rounds):
                    others.append(Measured([program, server.url, TAG, directory / f"other{turn}"]))
                    ours.append(self.read_by_floor(server.url))
        for what in ("cpu", "wall"):
            own = statistics.median(getattr(run, what) for run in ours)
            other = statistics.median(getattr(run, what) for run in others)
            self.row(f"the floor program, {what}", f"another {other:.2f} s", f"{own:.2f} s, {own / other:.2f} x",
                     "1.05 x", own <= 1.05 * other)

    def posts(self):
        rates, references = [], []
        with Loopback(self.programs, campaign_arguments(CAMPAIGN["posts"], 0)) as server:
            for _ in range(self.rounds):
                parsed = Measured([self.programs / "parse-pages", server.url, TAG])
                references.append(float(parsed.output))
                rates.append(CAMPAIGN["posts"] / self.read_campaign(server.url).wall)
        rate = statistics.median(rates)
        self.row("posts without photos", f"RapidJSON {statistics.median(references):,.0f} posts/s",
                 f"{rate:,.0f} posts/s", "25,000 posts/s", rate >= 25_000)

    @contextlib.contextmanager
    def many_watches(self, interval):
        """A daemon that has read a hundred hashtags to their heads; nothing new comes."""
        arguments = [f"--posts={50 * WATCHES}", "--posts-with-photo=0", f"--tags={WATCHES}"]
        with Loopback(self.programs, arguments) as server, self.directory() as directory:
            config = write_config(directory, server.url, WATCHES, interval, interval)
            with running_daemon(self.programs, directory, config) as (process, _):
                while server.statistics()["pages"] < 3 * WATCHES:  # 40 posts, 10, none.
                    time.sleep(1)
                time.sleep(5)
                yield server, process.pid

    def poll(self):
        seconds = 60
        with self.many_watches("15s") as (server, pid):
            before, cpu = server.statistics(), cpu_seconds(pid)
            time.sleep(seconds)
            after, cpu = server.statistics(), cpu_seconds(pid) - cpu
        polls = after["polls"] - before["polls"]
        requests = (after["requests"] - before["requests"]) / polls
        per_poll = 1000 * cpu / polls
        self.row("a poll that finds nothing", "-",
                 f"{requests:.2f} requests, {per_poll:.2f} ms CPU ({polls} polls)",
                 "1 request, 2 ms CPU", requests <= 1 and per_poll <= 2)

    def idle(self):
        seconds = 60
        with self.many_watches("15m") as (server, pid):
            before, cpu = server.statistics(), cpu_seconds(pid)
            time.sleep(seconds)
            share = 100 * (cpu_seconds(pid) - cpu) / seconds
            if server.statistics()["polls"] != before["polls"]:
                raise Failure("the daemon was not idle")
        self.row(f"idle, {WATCHES} watches between polls", "-", f"{share:.3f} % of a core",
                 "0.2 %", share <= 0.2)

    def day(self):
        """A day of a million posts on a clock that runs faster, in the programs as they are shipped. At noon the
        wall clock is a year ahead for twelve minutes."""
        with self.directory() as directory:
            day = Day(self, directory)
            day.run()
        whole = day.told == DAY["photos"]
        flat = max(day.mib[12:]) <= 1.1 * max(day.mib[4:12])
        self.row(f"a day, {WATCHES} watches, {DAY['posts']:,} posts", "memory after 4 to 12 hours: "
                 f"{max(day.mib[4:12]):.0f} MiB",
                 f"after 12 to 24 hours: {max(day.mib[12:]):.0f} MiB; {day.told:,} of {DAY['photos']:,} sightings told",
                 "no more than a tenth more, all", flat and whole)
        self.row("a day, retention of 6 hours", "-", f"at most {max(day.lags):.0f} s late; {day.erased:,} erased",
                 "60 s", max(day.lags) <= 60 and day.erased > 0)
        self.row("a day, the clock a year ahead for twelve minutes", "-", f"{day.erased_ahead} erased", "0",
                 day.erased_ahead == 0)

    def start(self):
        with self.directory() as directory:
            self.fill_store(directory / "store")
            config = write_config(directory, "http://127.0.0.1:1")
            times = []
            for _ in range(self.rounds + 1):
                with running_daemon(self.programs, directory, config) as (_, ready_after):
                    times.append(ready_after)
        median = statistics.median(times[1:])  # The first one warms the cache.
        self.row(f"start to READY, {STORED_PHOTOS:,} photos", "-", f"{median:.2f} s", "0.5 s",
                 median <= 0.5)

    def fill_store(self, path, sightings=STORED_PHOTOS, photos=STORED_PHOTOS, photo_bytes=64):
        """Made in memory, where a hundred thousand synced files take no time, and moved."""
        shared = pathlib.Path("/dev/shm")
        with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else self.work) as made:
            key = write_key(pathlib.Path(made))
            subprocess.run([self.programs / "fill-store", f"{made}/store", key, f"--ledger={made}/store-ledger",
                            f"--sightings={sightings}", f"--photos={photos}", f"--photo-bytes={photo_bytes}"],
                           check=True)
            shutil.move(f"{made}/store", path)
            shutil.move(f"{made}/store-ledger", f"{path}-ledger")

    def erase(self):
        """One of a million sightings, by its post, from the order to the receipt."""
        sightings, times = 1_000_000, []
        with self.directory() as directory:
            self.fill_store(directory / "store", sightings, 10_000)
            config = write_config(directory, "http://127.0.0.1:1")
            with running_daemon(self.programs, directory, config):
                for number in range(0, sightings, sightings // 40):
                    post = f"https://bench.example/posts/{number}"
                    body = json.dumps({"post": post, "reason": "bench"})
                    started = time.monotonic()
                    answer = ask(directory / "control.sock", "/v1/erase", body)
                    times.append(1000 * (time.monotonic() - started))
                    if '"sightings":1' not in answer:
                        raise Failure(f"not erased: {answer}")
        self.row(f"erase one of {sightings:,} sightings", "-",
                 f"{statistics.median(times):.1f} ms; slowest of {len(times)} {max(times):.1f} ms", "50 ms",
                 statistics.median(times) <= 50)

    def backup(self):
        """A store with photos of a usual size: copied by hand, backed up, backed up again, restored."""
        photos, photo_bytes = 8_000, 190_000
        size = photos * photo_bytes / 1e6
        with self.directory() as directory:
            self.fill_store(directory / "store", 100_000, photos, photo_bytes)
            config = write_config(directory, "http://127.0.0.1:1")
            os.sync()
            copied = Measured(["sh", "-c", f"cp -a {directory}/store {directory}/copy && sync -f {directory}/copy"])
            shutil.rmtree(directory / "copy")
            ctl = [self.programs / "sightingctl", "--config", config]
            with running_daemon(self.programs, directory, config):
                first = Measured([*ctl, "backup", directory / "backup"])
                again = Measured([*ctl, "backup", directory / "backup"])
            restored = Measured([*ctl, "restore", directory / "backup"])
        self.row(f"backup, 100,000 sightings, {size:,.0f} MB of photos", f"cp -a {size / copied.wall:.0f} MB/s",
                 f"{size / first.wall:.0f} MB/s; again {again.wall:.1f} s", "half as fast",
                 first.wall <= 2 * copied.wall)
        self.row("restore of it", f"cp -a {copied.wall:.1f} s", f"{restored.wall:.1f} s", "4 x",
                 restored.wall <= 4 * copied.wall)

    def feed(self):
        with Loopback(self.programs, campaign_arguments(CAMPAIGN["posts"], 0)) as server, \
                self.directory() as directory:
            config = write_config(directory, server.url)
            Measured([self.programs / "sightingd", "--config", config, "--once"])
            with running_daemon(self.programs, directory, config):
                rates = [self.read_feed(directory / "control.sock") for _ in range(self.rounds)]
        rate = statistics.median(rates)
        self.row("feed read from the beginning", "-", f"{rate:,.0f} events/s", "50,000 events/s",
                 rate >= 50_000)

    @staticmethod
    def read_feed(path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.connect(str(path))
            started = time.monotonic()
            control.sendall(b"GET /v1/feed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            events = 0
            while chunk := control.recv(1 << 20):
                events += chunk.count(b'{"cursor":')
            return events / (time.monotonic() - started)

    def image(self):
        """The image stage and its parts, each beside its reference in turns on one core."""
        lines = Measured([self.programs / "image-bench"]).output.splitlines()
        measured = {line.pop("what"): line for line in map(json.loads, lines)}
        stage, parts, strip, pdq = (measured[what] for what in ("stage", "parts", "strip", "pdq"))
        self.row(f"image stage, a JPEG of {measured['photos']['kilobytes']:.0f} kB",
                 f"gray decode at 1/8 {stage['reference_ms']:.2f} ms",
                 f"{stage['ms']:.2f} ms, {stage['ms'] / stage['reference_ms']:.2f} x (decode {parts['decode_ms']:.2f}, "
                 f"two SHA-256 {parts['two_digests_ms']:.2f}, fingerprints {parts['fingerprints_ms']:.2f})",
                 "1.6 x", stage["ms"] <= 1.6 * stage["reference_ms"])
        faster = strip["reference_ms"] / strip["ms"]
        self.row("strip and verify", f"jpegtran -copy none {strip['reference_ms']:.2f} ms",
                 f"{strip['ms']:.3f} ms, {faster:.0f} x faster", "30 x faster", faster >= 30)
        different = measured["pdq_bits"]["different"]
        for name, key, times in (("AVX2", "avx2_ms", 40), ("baseline", "baseline_ms", 20)):
            if key not in pdq:
                print(f"  this processor has no {name}: left out", flush=True)
                continue
            faster = pdq["reference_ms"] / pdq[key]
            self.row(f"PDQ of 512x512, {name}", f"as defined {pdq['reference_ms']:.2f} ms",
                     f"{pdq[key]:.3f} ms, {faster:.0f} x faster, {different} bits off",
                     f"{times} x faster, 0 bits off", faster >= times and different == 0)

    def throughput(self):
        """The way to an examiner and back; photos a second on one core and on two."""
        program = self.programs / "examiner-bench"
        trip = figures_of([program, "round-trip", self.programs / "echo-examiner"])
        copy = trip["copy_with_digests_us"]
        self.row("examiner round trip without the work, 190 kB",
                 f"copy {trip['copy_us']:.0f} us; with the same two SHA-256 {copy:.0f}",
                 f"with them {trip['trip_us']:.0f} us, {trip['trip_us'] / copy:.2f} x", "no slower",
                 trip["trip_us"] <= copy)
        if len(os.sched_getaffinity(0)) < 2:
            print("  one core only: left out", flush=True)
            return
        first, second = sorted(os.sched_getaffinity(0))[:2]
        ratios, ones = [], []
        for _ in range(5):
            one, two = (figures_of(["taskset", "-c", cores, program, "throughput", processes, "1500"])
                        ["images_per_s"]
                        for cores, processes in ((f"{first}", "1"), (f"{first},{second}", "2")))
            ratios.append(two / one)
            ones.append(one)
        ratio = statistics.median(ratios)
        self.row("two cores", f"one core {statistics.median(ones):.0f} images/s", f"{ratio:.2f} x", "1.75 x",
                 ratio >= 1.75)

    def index(self):
        """Searches for near duplicates, beside FAISS's exact index."""
        for hashes, times, most_bytes, build_times in ((1_000_000, 40, 140, 20), (10_000_000, 90, 130, 8)):
            lines = Measured([self.programs / "index-bench", str(hashes)]).output.splitlines()
            measured = [json.loads(line) for line in lines if line.startswith("{")]
            index, long_tail, _, *references = measured
            if not references:
                print("  index-bench was built without FAISS: left out", flush=True)
                return
            faiss = references[0]
            faster = faiss["ms_per_query"] / index["ms_per_query"]
            builds_faster = faiss["build_s"] / index["build_s"]
            self.row(f"index, {hashes:,} hashes",
                     f"FAISS {faiss['ms_per_query']:.2f} ms a query, {faiss['bytes_per_hash']:.0f} B a hash, "
                     f"build {faiss['build_s']:.1f} s",
                     f"{index['ms_per_query']:.3f} ms ({long_tail['ms_per_query']:.3f} with the longest tail), "
                     f"{faster:.0f} x faster; {index['bytes_per_hash']:.0f} B; build {index['build_s']:.2f} s, "
                     f"{builds_faster:.0f} x; recall {index['recall']:g}",
                     f"{times} x faster, {most_bytes} B, build {build_times} x, recall 1",
                     faster >= times and index["bytes_per_hash"] <= most_bytes
                     and builds_faster >= build_times and index["recall"] == long_tail["recall"] == 1)

    def hostile(self):
        """Files that are made to break their reader, one after another in one examiner."""
        with self.directory() as directory:
            subprocess.run([self.programs / "draw-hostile", directory / "files"], check=True)
            lines = ["| files | how many | outcomes | longest | which | peak of the examiner |",
                     "|---|---|---|---|---|---|"]
            for folder in sorted((directory / "files").iterdir()):
                most = "200MP" if folder.name == "largest" else "80MP"
                config = directory / "sightingd.toml"
                config.write_text('http.user_agent_contact = "mailto:bench@example.org"\n'
                                  f'examiner.processes = 1\nmedia.max_pixels = "{most}"\n')
                inspected = self.inspect(config, folder)
                outcomes = collections.Counter(outcome for _, _, outcome in inspected.files)
                longest, name, _ = max(inspected.files)
                if ({"crashed", "timeout"} & set(outcomes) or longest > MOST_SECONDS_OF_A_FILE
                        or inspected.mib > MOST_MIB_OF_AN_EXAMINER):
                    raise Failure(f"of {folder.name}: {outcomes}, {name} took {longest:.1f} s, "
                                  f"{inspected.mib:.0f} MiB")
                said = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common())
                lines.append(f"| {folder.name.replace('_', ' ')} | {len(inspected.files):,} | {said} | "
                             f"{longest:.2f} s | {name} | {inspected.mib:.0f} MiB |")
            self.hostile_files = "\n".join(lines) + "\n"

    def inspect(self, config, folder):
        """What became of each file and when; the memory as the kernel accounts it to processes
        that ended, so that none is missed that was ended for its memory."""
        command = [self.programs / "sightingctl", "--config", config, "inspect", *sorted(os.listdir(folder))]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
        before, files = time.monotonic(), []
        for line in process.stdout:
            now, image = time.monotonic(), json.loads(line)
            files.append((now - before, image["file"], image["reason"] or image["status"]))
            before = now
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise Failure(f"{command[0]} ended with {process.returncode}")
        return types.SimpleNamespace(files=files, mib=usage.ru_maxrss / 1024)

    def store(self):
        with self.directory() as directory:
            self.photo_places = Measured([self.programs / "store-bench", directory,
                                          str(self.rounds)]).output

    def robustness(self):
        """The same pictures altered: how many are recognised, and how many are taken for another."""
        files = wallpapers()
        if not files.keys() >= set(PHOTOGRAPHS):
            raise Failure(f"photographs are missing: {', '.join(set(PHOTOGRAPHS) - files.keys())}")
        names = sorted(files, key=lambda name: (name not in PHOTOGRAPHS, name))
        arguments = [f"{name}={files[name]}" for name in names]
        arguments.insert(len(PHOTOGRAPHS), "--drawings")
        lines = Measured([self.programs / "robustness-bench", *arguments]).output.splitlines()
        gallery, reduced, *measured = map(json.loads, lines)
        self.altered = altered_table(gallery, measured)
        (mean, most), (reference_mean, reference_most) = reduced["all_pixels"], reduced["reference"]
        self.altered += (f"\nReduced decoding costs the {reduced['photographs']} photographs {mean:.2f} bits in the mean "
                         f"and {most} at most against the same filter over all pixels (at most 4.5 and 10 are "
                         f"allowed: {'yes' if mean <= 4.5 and most <= 10 else '**no**'}), and {reference_mean:.2f} and "
                         f"{reference_most} against the reference, which picks 512 x 512 of them.\n")

    def sections(self):
        """What was measured, by the heading of its section in the document."""
        found = {REACHED: rows_table(self.rows), HOSTILE: self.hostile_files, PLACES: self.photo_places,
                 ALTERED: self.altered}
        return {heading: text for heading, text in found.items() if text}


def least_found(alteration):
    """Percent of the photographs, as they were found among 1,654 others when the hashes were chosen."""
    for kind, percent in (("gray, mean", 80), ("watermark", 88), ("border", 98), ("letter-box", 98), ("mirrored", 98),
                          ("turned", 98)):
        if alteration.startswith(kind):
            return percent
    return 97


def altered_table(gallery, measured):
    lines = ["| altered | photographs found | drawn pictures found | `via` right | bits, mean and most | must find | |",
             "|---|---|---|---|---|---|---|"]
    for line in measured:
        found, asked = line["photographs"]
        drawn_found, drawn_asked = line["drawn"]
        percent = least_found(line["alteration"])
        flattened = f" ({line['flattened']} became flat)" if line["flattened"] else ""
        lines.append(f"| {line['alteration']} | {found} of {asked} | {drawn_found} of {drawn_asked}{flattened} "
                     f"| {line['named']} of {found + drawn_found} | {line['mean_bits']:.1f}, {line['most_bits']} "
                     f"| {percent} % | {'yes' if 100 * found >= percent * asked else '**no**'} |")
    pairs, false_pairs = (sum(line[key] for line in measured) for key in ("pairs", "false_pairs"))
    nearest = min(line["nearest_other"] for line in measured)
    lines.append(f"""
Taken for another picture: {false_pairs} of {pairs:,} pairs of an altered picture and another original (must be 0: \
{"yes" if false_pairs == 0 else "**no**"}). The nearest two were {nearest} bits apart; 31 are near.

The gallery: {gallery['photographs']} photographs and {gallery['drawn']} drawn pictures, {gallery['flat']} of them \
flat, which are found by their bytes only and not counted. Left out, because the thumbnail of 32 x 32 correlates with \
that of another by more than 0.95: {', '.join(gallery['left_out']) or 'none'}.
""")
    return "\n".join(lines)


REACHED, HOSTILE, PLACES, ALTERED = ("What must be reached", "Hostile files", "Where photo bytes could lie",
                                     "The same picture, altered")

# What stands above and below the tables of a section.
AROUND = {
    REACHED: ("", f"""
Each figure stands beside its reference, measured in the same run; where a figure was taken several
times the median is given. `bench/floor` is the barest durable program that reads the same campaign;
the campaign is {CAMPAIGN['posts']:,} posts, {CAMPAIGN['photos']} of them with a drawn photo of
1280x960 and about 190 kB, from a loopback server whose own CPU time counts for nobody, read with
`media = "any"`, so that every post becomes durable. CPU is that of the daemon and its examiners
together. `bench/measure.py` says how each row is measured.

Memory: what 55,000 posts do not fill are the store's caches and write buffers, which have a bound of their own
(`storage/database.cpp`); from the second size on, more posts take no more.
"""),
    HOSTILE: ("""`scripts/bench --only hostile`. The files are those of `tests/support/hostile`, one after another in an examiner of
512 MiB; a picture of 80 million pixels takes the most. The largest photos are of 200 million pixels, with
`max_pixels = "200MP"`.

""", ""),
    PLACES: ("`scripts/bench --only store`; docs/store-format.md says what follows.\n\n", ""),
    ALTERED: ("`scripts/bench --robustness`.\n\n", f"""
Photographs are those of the Debian packages {', '.join(WALLPAPERS)}; drawn pictures are the other JPEG files of these \
(of each wallpaper the largest) and scenes of `tests/support/pictures.h`. All were reduced to 1280 pixels on the \
longer side and saved as JPEG 90, as networks do, altered as `bench/robustness/alterations.cpp` says, saved again (JPEG \
85 where nothing else is said), put through the image stage, and looked up among all originals with the daemon's \
radius. Found: the original is the nearest. `via` right: it names what was done, and nothing where it has no name for \
that. What must be found, of photographs, is what the hashes reached on others when they were chosen.
"""),
}


def today():
    return time.strftime("%Y-%m-%d", time.gmtime())


def machine():
    cpu = next((line.split(":", 1)[1].strip()
                for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    return f"{cpu}, {os.cpu_count()} cores, Linux {platform.release()}"


def rows_table(rows):
    if not rows:
        return ""
    lines = ["| what | reference in the same run | reached | must reach | | measured on |", "|---|---|---|---|---|---|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def rows_of(section):
    rows = [tuple(line.strip("| ").split(" | ")) for line in section.splitlines() if line.startswith("| ")]
    return {row[0]: row for row in rows[1:]}  # Without the names of the columns.


def updated(before, measured, rows):
    """The document with what was measured; sections and rows that were not stay as they are."""
    parts = re.split(r"^## (.*)\n", before, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2]))
    if REACHED in measured:
        all_rows = rows_of(sections.get(REACHED, "")) | {row[0]: row for row in rows}
        measured = measured | {REACHED: rows_table(all_rows.values())}
    for heading, text in measured.items():
        above, below = AROUND[heading]
        dated = "" if heading == REACHED else f"Measured on {today()} by "
        sections[heading] = f"\n{dated}{above}{text}{below}"
    text = f"# Benchmarks\n\nMade by `scripts/bench --write`, last on {today()}: {machine()}.\n"
    for heading in AROUND:
        if heading in sections:
            text += f"\n## {heading}\n" + sections[heading].rstrip() + "\n"
    return text


PARTS = ("campaign", "memory", "day", "examiner", "hostile", "posts", "poll", "idle", "start", "feed", "image",
         "throughput", "index", "store", "erase", "backup", "floor", "robustness")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--write", type=pathlib.Path)
    parser.add_argument("--other-floor", type=pathlib.Path, default=pathlib.Path("../shared/tools/floor.cpp"))
    options = parser.parse_args()
    options.work = options.work.resolve()
    options.work.mkdir(parents=True, exist_ok=True)
    adopt_orphans()
    bench = Bench(options)
    for part in options.only or PARTS:
        print(f"bench: {part}", flush=True)
        getattr(bench, part)()
    print("\n" + "\n".join(bench.sections().values()))
    if options.write:
        before = options.write.read_text() if options.write.exists() else ""
        options.write.write_text(updated(before, bench.sections(), bench.rows))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"bench: {failure}")
