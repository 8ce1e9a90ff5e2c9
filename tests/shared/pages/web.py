"""A server on this machine that answers as the publishers' services do, faults included."""

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Web:
    """What the server answers, and what it was asked."""

    def __init__(self):
        self.files = {}
        """Path to its bytes."""
        self.redirects = {}
        """Path to where it leads."""
        self.layers = {}
        """Path of a layer to a `Layer`."""
        self.faults = []
        """What goes wrong first, one for each request: a status, or "cut" for half a body."""
        self.knows_parts = True
        self.asked = []
        """Path and Range of each request."""
        self.root = ""


class Layer:
    """A layer of a feature service, by its documented parameters and answers.

    Parameters
    ----------
    features
        Properties and corner of each square of a kilometre, in metres of the National Grid.
    most
        Areas in an answer at most.
    crs
        Whether the answers name the coordinate system.
    """

    def __init__(self, features, *, most=2, crs=True, error=None, counted=None):
        self.features, self.most, self.crs = features, most, crs
        self.error, self.counted = error, counted

    def about(self):
        names = ["FID", *(self.features[0][0] if self.features else {})]
        return {
            "name": "areas",
            "type": "Feature Layer",
            "geometryType": "esriGeometryPolygon",
            "objectIdField": "FID",
            "maxRecordCount": self.most,
            "fields": [{"name": name, "type": "esriFieldTypeString"} for name in names],
            "editingInfo": {"lastEditDate": 1},
        }

    def answer(self, asked):
        if self.error:
            return {"error": {"code": 400, "message": self.error, "details": ["'Invalid field'"]}}
        if asked.get("returnCountOnly") == "true":
            return {"count": len(self.features) if self.counted is None else self.counted}
        first = int(asked["resultOffset"])
        last = first + min(int(asked["resultRecordCount"]), self.most)
        wanted = asked["outFields"].split(",")
        page = {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": number,
                    "geometry": square(*corner),
                    "properties": {
                        key: value
                        for key, value in {"FID": number, **properties}.items()
                        if key in wanted
                    },
                }
                for number, (properties, corner) in enumerate(self.features[first:last], first + 1)
            ],
        }
        if self.crs:
            page["crs"] = {"type": "name", "properties": {"name": "EPSG:27700"}}
        if last < len(self.features):
            page["properties"] = {"exceededTransferLimit": True}
        return page


def square(x, y, side=1_000):
    ring = [[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


class _Replies(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, body, *, cut=False, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = True

    def log_message(self, *_):
        pass


@contextmanager
def serving():
    """A server for as long as the context lasts."""
    web = Web()

    class Handler(_Replies):
        def do_GET(self):
            parts = urlsplit(self.path)
            web.asked.append((parts.path, self.headers.get("Range")))
            fault = web.faults.pop(0) if web.faults else None
            if isinstance(fault, int):
                self.reply(fault, b"")
            elif parts.path in web.redirects:
                self.reply(302, b"", Location=web.redirects[parts.path])
            elif parts.path in web.files:
                self.reply_file(web.files[parts.path], cut=fault == "cut")
            else:
                self.reply_service(parts, cut=fault == "cut")

        def reply_service(self, parts, *, cut):
            layer = web.layers.get(parts.path.removesuffix("/query"))
            asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
            if layer is None:
                self.reply(404, b"no such file")
            elif parts.path.endswith("/query"):
                self.reply(200, json.dumps(layer.answer(asked)).encode(), cut=cut)
            else:
                self.reply(200, json.dumps(layer.about()).encode(), cut=cut)

        def reply_file(self, body, *, cut):
            entity = f'"{hash(body):x}"'
            found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            fresh = self.headers.get("If-Range") in (None, entity)
            if not (found and fresh and web.knows_parts):
                self.reply(200, body, cut=cut, ETag=entity)
            elif int(found[1]) >= len(body):
                self.reply(416, b"", ETag=entity)
            else:
                first, last = int(found[1]), min(int(found[2] or len(body)), len(body) - 1)
                span = f"bytes {first}-{last}/{len(body)}"
                part = body[first : last + 1]
                self.reply(206, part, cut=cut, ETag=entity, **{"Content-Range": span})

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.root = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
