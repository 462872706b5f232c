#!/usr/bin/env python3
"""Watches servers that answer with what real ones were recorded to say.

recorded_servers.py BIN RECORDED
  BIN       the folder with sightingd and sightingctl
  RECORDED  the folder with one folder of exchanges a network (gotosocial, hollo)

For each network a loopback server gives the recorded answers, the origin rewritten to its own; of a
recorded list it gives the part that max_id and limit ask for. Then the daemon reads it by tag and by
account, with the right token, a wrong one and none, and the feed must hold what the server published.
"""
import contextlib
import http.server
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import urllib.parse

TAG = "bringthemhome"


class Network:
    """What one real server said."""

    def __init__(self, folder, origin, token, tag_list, account):
        self.folder = folder
        self.origin = origin
        self.token = token
        self.account = account
        self.timeline = self.posts(tag_list)
        # Every recorded post of the account, as its own page of statuses would list them.
        seen = {}
        for file in sorted(folder.glob("*.txt")):
            for post in self.posts(file.name):
                if post["account"]["acct"] == account and post["visibility"] in ("public", "unlisted"):
                    seen[post["id"]] = post
        self.statuses = [seen[key] for key in sorted(seen, reverse=True)]

    def exchange(self, name):
        """(status, headers, body) of one recorded exchange."""
        text = (self.folder / name).read_text()
        _, head, body = text.split("\n\n", 2)
        lines = head.splitlines()
        headers = [tuple(line.split(": ", 1)) for line in lines[1:] if ": " in line]
        return int(lines[0].split()[1]), headers, body

    def posts(self, name):
        try:
            body = json.loads(self.exchange(name)[2])
        except (ValueError, IndexError):
            return []
        if not isinstance(body, list):
            return []
        return [post for post in body if isinstance(post, dict) and "account" in post]

    def media(self, description):
        found = [file for file in (self.folder / "media").iterdir() if file.stem == description]
        return found[0].read_bytes() if found else None


    def located(self):
        """Picture -> where exiftool, which is independent of us, finds its location."""
        report = subprocess.run(["exiftool", "-json", "-G0", "-GPSLatitude", *(self.folder / "media").iterdir()],
                                capture_output=True, text=True, check=True).stdout
        places = {}
        for picture in json.loads(report):
            for key in ("EXIF:GPSLatitude", "XMP:GPSLatitude"):
                if key in picture:
                    places.setdefault(pathlib.Path(picture["SourceFile"]).stem, key.split(":")[0].lower())
        return places


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, network):
        super().__init__(("127.0.0.1", 0), Handler)
        self.network = network
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.media = {}
        for post in network.timeline + network.statuses:
            for attachment in post["media_attachments"]:
                path = urllib.parse.urlsplit(attachment["url"]).path
                self.media[path] = network.media(attachment["description"])
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle(self):
        # The daemon hangs up on a picture that is larger than it asked for, and asks again.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def answer(self, status, headers, body):
        if isinstance(body, str):
            body = body.replace(self.server.network.origin, self.server.origin).encode()
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection",
                                    "keep-alive", "content-encoding"):
                self.send_header(name, value.replace(self.server.network.origin, self.server.origin))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def recorded(self, name):
        self.answer(*self.server.network.exchange(name))

    def listing(self, like, posts, query):
        status, headers, _ = self.server.network.exchange(like)
        if "max_id" in query:
            posts = [post for post in posts if post["id"] < query["max_id"][0]]
        limit = min(int(query.get("limit", ["20"])[0]), 40)
        self.answer(status, headers, json.dumps(posts[:limit]))

    def do_GET(self):
        network = self.server.network
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path)
        query = urllib.parse.parse_qs(url.query)
        sent = self.headers.get("Authorization", "")
        if url.path in self.server.media:
            picture = self.server.media[url.path]
            return self.answer(200 if picture else 404, [], picture or b"")
        if path in ("/api/v1/instance", "/api/v2/instance", "/nodeinfo/2.0"):
            name = {"/api/v1/instance": "instance_v1.txt", "/api/v2/instance": "instance_v2.txt",
                    "/nodeinfo/2.0": "nodeinfo.txt"}[path]
            if (network.folder / name).exists():
                return self.recorded(name)
            return self.answer(404, [], "{}")
        if path.startswith("/api/"):
            if not sent:
                return self.recorded("tag_noauth.txt")
            if sent != f"Bearer {network.token}":
                return self.recorded("tag_badtoken.txt")
        if path == f"/api/v1/timelines/tag/{TAG}":
            return self.listing("tag_auth.txt", network.timeline, query)
        if path.startswith("/api/v1/timelines/tag/"):
            return self.recorded("tag_unknown.txt")
        if path == "/api/v1/accounts/lookup":
            known = query.get("acct", [""])[0].split("@")[0] == network.account
            return self.recorded("lookup.txt" if known else "lookup_404.txt")
        if re.fullmatch(r"/api/v1/accounts/[^/]+/statuses", path):
            return self.listing("acct_statuses.txt", network.statuses, query)
        return self.recorded("status_deleted.txt")


class Daemon:
    """One run of the real programs on a configuration of its own."""

    def __init__(self, bin_folder, directory, server, watch, token):
        self.bin = bin_folder
        self.config = directory / "sightingd.toml"
        secret = ""
        if token:
            file = directory / "token"
            file.write_text(token)
            file.chmod(0o600)
            secret = f'token = {{ file = "{file}" }}\n'
        self.config.write_text(
            f'[store]\npath = "{directory}/store"\n[metrics]\nlisten = ""\n'
            f'[control]\nsocket = "{directory}/control.sock"\n'
            '[http]\nuser_agent_contact = "mailto:tests@example.org"\nallow_addresses = ["127.0.0.0/8"]\n'
            '[examiner]\nsandbox = "best-effort"\n'
            f'[[source]]\nname = "real"\nkind = "mastodon"\nurl = "{server.origin}"\nrequest_limit = "none"\n{secret}'
            f'[[watch]]\nsource = "real"\nname = "real"\nbackfill = "all"\n{watch}\n')

    def once(self):
        return subprocess.run([self.bin / "sightingd", "--config", self.config, "--once", "--once-wait", "1s"],
                              capture_output=True, text=True, timeout=120)

    def feed(self):
        out = subprocess.run([self.bin / "sightingctl", "--config", self.config, "feed"],
                             capture_output=True, text=True, timeout=60, check=True).stdout
        return [json.loads(line) for line in out.splitlines() if line]

    def photo(self, photo_id):
        return subprocess.run([self.bin / "sightingctl", "--config", self.config, "photo", photo_id, "-o", "-"],
                              capture_output=True, timeout=60, check=True).stdout


failures = 0


def expect(holds, what):
    global failures
    print(f"  {'ok  ' if holds else 'FAIL'} {what}")
    failures += not holds


def published(posts, origin, server):
    """What a reader who wants pictures must find: uri -> number of pictures."""
    return {post["uri"].replace(origin, server.origin): len(post["media_attachments"])
            for post in posts
            if not post["reblog"] and any(a["type"] == "image" for a in post["media_attachments"])}


def check_feed(daemon, expected, name):
    run = daemon.once()
    expect(run.returncode == 0, f"{name}: --once ends with 0 (it ended with {run.returncode})")
    if run.returncode:
        print(run.stderr)
    events = daemon.feed()
    got = {event["post"]["uri"]: len(event["images"]) for event in events}
    expect(got == expected, f"{name}: the feed holds the {len(expected)} posts with pictures that were published")
    images = [image for event in events for image in event["images"]]
    expect(all(image["status"] == "stored" for image in images), f"{name}: all {len(images)} pictures are stored")
    return images


def check(bin_folder, network, name):
    print(f"{name}:")
    server = Server(network)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)

        def daemon(watch, token=network.token):
            folder = scratch / str(len(list(scratch.iterdir())))
            folder.mkdir()
            return Daemon(bin_folder, folder, server, watch, token)

        by_tag = daemon(f'hashtag = "{TAG}"')
        images = check_feed(by_tag, published(network.timeline, network.origin, server), "by tag")
        located = {image["alt"]: image["location"]["origin"] for image in images
                   if image["location"] and image["location"]["latitude"] is not None}
        expect(located == network.located(),
               f"by tag: every location that the pictures carry was found, where it is: {located}")
        stored = [by_tag.photo(image["photo"]) for image in images]
        expect([hashlib.sha256(picture).hexdigest() for picture in stored] == [image["stored_sha256"] for image in images],
               f"by tag: all {len(stored)} stored copies are handed out as they were hashed")
        # Every form in which a photo holds a place: the EXIF block, an XMP packet, IPTC.
        marks = (b"http://ns.adobe.com/", b"GPSLatitude", b"x:xmpmeta", b"Photoshop 3.0", b"eXIfMM", b"Shanghai")
        expect(not any(mark in picture for picture in stored for mark in marks),
               "by tag: nothing of it is in the stored copies")

        by_account = daemon(f'account = "@{network.account}@127.0.0.1"')
        check_feed(by_account, published(network.statuses, network.origin, server), "by account")

        wrong = daemon(f'hashtag = "{TAG}"', "nope").once()
        expect(wrong.returncode == 75 and "unauthorized" in wrong.stderr.lower(),
               "a wrong token is shown as that, and --once ends with 75")
        none = daemon(f'hashtag = "{TAG}"', None).once()
        expect(none.returncode == 75 and "unauthorized" in none.stderr.lower(),
               "a missing token is shown as that, and --once ends with 75")
        unknown = daemon('hashtag = "nosuchtagatall"')
        run = unknown.once()
        status = network.exchange("tag_unknown.txt")[0]
        if status == 404:
            expect(run.returncode == 75 and "not_found" in run.stderr.lower(),
                   "an unknown tag is shown as the 404 that this server answers")
        else:
            expect(run.returncode == 0 and not unknown.feed(), "an unknown tag is an empty feed here")
    server.shutdown()


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    bin_folder, recorded = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    check(bin_folder, Network(recorded / "gotosocial", "http://localhost:18080", "token-1",
                              "tag_bob_all.txt", "alice"), "GoToSocial")
    check(bin_folder, Network(recorded / "hollo", "http://localhost:18070", "token-3",
                              "tag_only_media.txt", "alice"), "Hollo")
    print("recorded servers:", "all checks hold" if not failures else f"{failures} checks FAIL")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
